"""A service that announces things, for the tests of the messaging."""
