"""Identifiers: UUIDv7, which sort by the time they were made (RFC 9562 §5.7)."""

import uuid_utils


def new_id() -> str:
    """A new UUIDv7 in its canonical text form."""
    return str(uuid_utils.uuid7())
