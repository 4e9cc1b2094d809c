"""A small service with one table, so that the chassis is tried over real HTTP and a real database."""
