"""A service that keeps a row for each event it applies, and fails as the events say."""
