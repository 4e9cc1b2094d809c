"""The templates that somebody has edited. Those that nobody has are in files only."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, UniqueConstraint

from chassis.data import day_column, member_column, text_column
from notifications.domain.language import Language
from notifications.storage.base import instant, metadata

# A row never changes. One without a source returns to the template that is built in.
edition = Table(
    "edition",
    metadata,
    text_column("id", primary_key=True),
    text_column("kind"),
    member_column("language", Language),
    Column("version", Integer, nullable=False),
    text_column("source", nullable=True),
    day_column("effective_from"),
    text_column("reason"),
    instant("made_at"),
    text_column("made_by"),
    UniqueConstraint("kind", "language", "version"),
)
