"""Divisions and calendars."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import aggregate_columns, day_column, member_column, text_column
from registry.domain.division_changes import ChangeKind
from registry.storage.base import metadata

# `division` itself, the dated tree, is the programme's table; this one gives each code its version.
division_record = Table("division_record", metadata, *aggregate_columns())

division_change = Table(
    "division_change",
    metadata,
    Column("id", Text, primary_key=True),
    member_column("kind", ChangeKind),
    text_column("code"),
    day_column("effective_on"),
    text_column("document"),
    day_column("recorded_on"),
    Column("placements", JSONB, nullable=False),
)

calendar_year = Table(
    "calendar_year",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("days_off", JSONB, nullable=False),
    Column("days_worked", JSONB, nullable=False),
    text_column("document"),
    day_column("entered_on"),
)
