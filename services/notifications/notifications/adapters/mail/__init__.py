"""Letters through a real mail server: the server's address, the message, one connection, and those who send."""
