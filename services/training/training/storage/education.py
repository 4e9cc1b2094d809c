"""The ledger of continuing education."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table, Text, UniqueConstraint, and_
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import aggregate_columns, day_column, serial_column, text_column
from training.storage.base import metadata

education_year = Table(
    "education_year",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("person_id", index=True),
    Column("year", Integer, nullable=False),
    Column("total_hours", Float, nullable=False),
    Column("other_hours", JSONB, nullable=False, server_default="{}"),
    text_column("exempted_by", nullable=True),
    text_column("exemption_reason", nullable=True),
    day_column("completed_on", nullable=True),
    day_column("behind_on", nullable=True),
)
# Who is behind, page by page, of one year or of all.
IS_BEHIND = and_(education_year.c.behind_on.is_not(None), education_year.c.completed_on.is_(None))
Index("ix_education_year_behind", education_year.c.year, education_year.c.id, postgresql_where=IS_BEHIND)

shortfall = Table(
    "shortfall",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("person_id"),
    text_column("enterprise_id", nullable=True),
    Column("year", Integer, nullable=False),
    Column("total_hours", Float, nullable=False),
    Column("required_hours", Float, nullable=False),
    day_column("on"),
)
Index("ix_shortfall_year_id", shortfall.c.year, shortfall.c.id)

education_entry = Table(
    "education_entry",
    metadata,
    serial_column(),
    text_column("person_id", index=True),
    Column("year", Integer, nullable=False),
    Column("hours", Float, nullable=False),
    text_column("document"),
    day_column("on"),
    Column("kind", Text, nullable=False, server_default="class"),
    text_column("evidence", nullable=True),
    UniqueConstraint("person_id", "year", "document"),
)
