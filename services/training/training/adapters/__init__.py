"""What is done by a library or touches the world outside, so that the domain need not know it."""
