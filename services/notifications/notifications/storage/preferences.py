"""In which language recipients want to be told, and of what on which channel they do not."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import member_column, text_column
from notifications.domain.language import Language
from notifications.domain.recipients import RecipientKind
from notifications.storage.base import instant, metadata

preference = Table(
    "preference",
    metadata,
    text_column("recipient_id", primary_key=True),
    Column("recipient_kind", member_column("recipient_kind", RecipientKind).type, primary_key=True),
    Column("version", Integer, nullable=False),
    member_column("language", Language),
    Column("switched_off", JSONB, nullable=False),  # channels, each with the kinds of notice
    instant("changed_at"),
)
