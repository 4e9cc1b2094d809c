"""What must be announced to whom, and the life of a notice on each of its channels."""
