"""A service with nothing but what the programme's services share, so that it is tried over HTTP and in a database."""
