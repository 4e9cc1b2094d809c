"""Those who are to be told, and how they are reached; from other services' events."""

from __future__ import annotations

from sqlalchemy import Table

from chassis.data import day_column, text_column
from notifications.storage.base import metadata

person = Table(
    "person",
    metadata,
    text_column("id", primary_key=True),
    text_column("name"),
    text_column("division"),
    text_column("enterprise_id", nullable=True),
)

enterprise = Table(
    "enterprise", metadata, text_column("id", primary_key=True), text_column("name"), text_column("division")
)

appointment = Table(
    "appointment",
    metadata,
    text_column("id", primary_key=True),
    text_column("person_id", index=True),
    text_column("enterprise_id"),
    text_column("position"),
    day_column("made_on"),
    day_column("ended_on", nullable=True),
    text_column("post_id", nullable=True, index=True),  # not known of those made before it was kept
)

training_class = Table("training_class", metadata, text_column("id", primary_key=True), text_column("name"))

contact = Table(
    "contact",
    metadata,
    text_column("owner_kind", primary_key=True),
    text_column("owner_id", primary_key=True),
    text_column("email", nullable=True),
    text_column("phone", nullable=True),
)
