"""The office's tables: the shared ones."""

from programme import tables

METADATA = (tables.metadata,)
