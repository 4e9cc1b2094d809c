"""What touches the world outside: mail, the texts that people read, and the keys to personal data."""
