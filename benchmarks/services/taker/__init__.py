"""A service of the benchmark."""
