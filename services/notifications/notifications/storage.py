"""The service's tables, and how the domain's objects lie in them. The migrations make the tables; this only maps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry as mapper_registry
from sqlalchemy.orm import relationship

from chassis.data import new_metadata
from notifications.domain.notice import Delivery, Notice
from programme import tables

metadata = new_metadata()
METADATA = (metadata, tables.metadata)  # all that its migrations make, beside the chassis's


def _text(name: str, *args: Any, **options: Any) -> Column[str]:
    return Column(name, Text, *args, nullable=options.pop("nullable", False), **options)


def _instant(name: str, **options: Any) -> Column[datetime]:
    return Column(name, DateTime(timezone=True), nullable=options.pop("nullable", False), **options)


# What other services' events have told about those who are to be told.

person = Table(
    "person",
    metadata,
    Column("id", Text, primary_key=True),
    _text("name"),
    _text("division"),
    _text("enterprise_id", nullable=True),
)

enterprise = Table("enterprise", metadata, Column("id", Text, primary_key=True), _text("name"), _text("division"))

appointment = Table(
    "appointment",
    metadata,
    Column("id", Text, primary_key=True),
    _text("person_id", index=True),
    _text("enterprise_id"),
    _text("position"),
    Column("made_on", Date, nullable=False),
    Column("ended_on", Date, nullable=True),
)

training_class = Table("training_class", metadata, Column("id", Text, primary_key=True), _text("name"))

contact = Table(
    "contact",
    metadata,
    Column("owner_kind", Text, primary_key=True),
    Column("owner_id", Text, primary_key=True),
    _text("email", nullable=True),
    _text("phone", nullable=True),
)

# Each event received that must be announced, with those it concerns and the rule set that says by which channels.
cause = Table(
    "cause",
    metadata,
    Column("id", Text, primary_key=True),
    _text("type"),
    _text("subject"),
    _instant("occurred_at"),
    _instant("received_at"),
    _text("division", nullable=True),
    _text("person_id", nullable=True),
    _text("enterprise_id", nullable=True),
    Column("data", JSONB, nullable=False),
    Column("ruleset", Integer, nullable=False),
    Index("ix_cause_occurred_at", "occurred_at"),
)

notice = Table(
    "notice",
    metadata,
    Column("id", Text, primary_key=True),
    _text("cause_id", ForeignKey("cause.id")),
    _text("kind"),
    _text("recipient_kind"),
    _text("recipient_id"),
    _text("division", nullable=True, index=True),
    _text("subject"),
    _text("body"),
    _instant("created_at"),
    # However often an event comes, nobody is told the same thing twice because of it.
    UniqueConstraint("cause_id", "kind", "recipient_kind", "recipient_id"),
    Index("ix_notice_recipient_kind_recipient_id_id", "recipient_kind", "recipient_id", "id"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Text, primary_key=True),
    _text("notice_id", ForeignKey("notice.id")),
    _text("channel"),
    _text("state"),
    Column("version", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("maybe_repeated", Integer, nullable=False),
    Column("sender", Integer, nullable=True),
    _text("address", nullable=True),
    _text("answer", nullable=True),
    _instant("next_attempt_at", nullable=True),
    _instant("sent_at", nullable=True),
    UniqueConstraint("notice_id", "channel"),
    Index("ix_delivery_pending", "next_attempt_at", "id", postgresql_where=text("state = 'pending'")),
    Index("ix_delivery_sending", "sender", postgresql_where=text("state = 'sending'")),
    Index("ix_delivery_no_address", "id", postgresql_where=text("state = 'no_address'")),
)

# Who has read what. Each office marks for itself: what a prefecture has read is still new to its county.
reading = Table(
    "reading",
    metadata,
    Column("notice_id", Text, ForeignKey("notice.id"), primary_key=True),
    Column("reader", Text, primary_key=True),
    _instant("read_at"),
)

mapper = mapper_registry(metadata=metadata)
mapper.map_imperatively(
    Notice,
    notice,
    properties={"deliveries": relationship(Delivery, back_populates="notice", order_by=delivery.c.channel)},
)
mapper.map_imperatively(
    Delivery, delivery, properties={"notice": relationship(Notice, back_populates="deliveries", innerjoin=True)}
)
