"""What this service knows of the registry's enterprises, people and admitted candidates."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from chassis.data import day_column, text_column
from training.storage.base import metadata

# What this service knows of the registry's enterprises and people.
enterprise = Table(
    "enterprise", metadata, Column("id", Text, primary_key=True), text_column("name"), text_column("division")
)
person = Table(
    "person",
    metadata,
    Column("id", Text, primary_key=True),
    text_column("name"),
    text_column("division"),
    text_column("enterprise_id", nullable=True),
)

# The registry's admitted recommendations, by their ids.
admission = Table(
    "admission",
    metadata,
    Column("id", Text, primary_key=True),
    text_column("person_id", index=True),
    text_column("enterprise_id"),
    day_column("admitted_on"),
)
