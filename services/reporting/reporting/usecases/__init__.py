"""What the service can be asked to do."""
