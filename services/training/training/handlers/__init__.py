"""How this service applies what the registry announced: plain functions of a session and its events."""
