"""The sample's one table."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Identity, Integer, Table, Text

from chassis.data import new_metadata

metadata = new_metadata()
METADATA = (metadata,)
item = Table(
    "item",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", BigInteger, Identity(), nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("made_on", Date),
)
