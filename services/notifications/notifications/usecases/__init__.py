"""What happens here, a function each: an event is announced, a letter is taken and settled, a notice is read."""
