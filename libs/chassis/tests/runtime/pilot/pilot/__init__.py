"""The smallest service that can be run: what the tests of the chassis start."""
