"""E-mail: the server's address, the message, one connection, and what comes back."""
