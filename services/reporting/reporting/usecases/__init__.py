"""What the service can be asked to do, and how it learns from the others' events."""
