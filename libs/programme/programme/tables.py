"""The shared tables of the programme; each service has its own copy of them in its own database."""

from sqlalchemy import Column, Date, DateTime, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import new_metadata

metadata = new_metadata()

ruleset = Table(
    "ruleset",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("effective_from", Date, nullable=False),
    Column("document", Text, nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("correction", Text),
)

# A code has a row for each time in which it lay somewhere; both ends of a validity are days on which it holds.
division = Table(
    "division",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("parent", Text),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    Column("successor", Text),
)
