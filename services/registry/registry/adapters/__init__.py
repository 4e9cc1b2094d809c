"""What touches the world outside: codes that others issue, workbooks that people fill in, sealed personal data."""
