"""The service's tables, and how the domain's objects lie in them. The migrations make the tables; this only maps."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry as mapper_registry
from sqlalchemy.orm import relationship

from chassis.data import aggregate_columns, day_column, flag_column, member_column, new_metadata, text_column
from notifications.domain.notice import Channel, Delivery, Notice, State
from notifications.domain.recipients import RecipientKind
from programme import tables

metadata = new_metadata()
METADATA = (metadata, tables.metadata)  # all that its migrations make, beside the chassis's


def _instant(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


# Those who are to be told, and how they are reached; from other services' events.

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

# Each event received that must be announced, with those it concerns and the rule set that says by which channels.
cause = Table(
    "cause",
    metadata,
    text_column("id", primary_key=True),
    text_column("type"),
    text_column("subject"),
    _instant("occurred_at"),
    _instant("received_at"),
    text_column("division", nullable=True),
    text_column("person_id", nullable=True),
    text_column("enterprise_id", nullable=True),
    Column("data", JSONB, nullable=False),
    Column("ruleset", Integer, nullable=False),
    Index("ix_cause_occurred_at", "occurred_at"),
)

# How many events of each type were announced so long ago that they are kept no more.
cause_passed = Table(
    "cause_passed", metadata, text_column("type", primary_key=True), Column("number", BigInteger, nullable=False)
)

notice = Table(
    "notice",
    metadata,
    text_column("id", primary_key=True),
    text_column("cause_id", ForeignKey("cause.id")),
    text_column("kind"),
    member_column("recipient_kind", RecipientKind),
    text_column("recipient_id"),
    text_column("division", nullable=True),
    text_column("subject"),
    text_column("body"),
    _instant("created_at"),
    # However often an event comes, nobody is told the same thing twice because of it.
    UniqueConstraint("cause_id", "kind", "recipient_kind", "recipient_id"),
    Index("ix_notice_recipient_kind_recipient_id_id", "recipient_kind", "recipient_id", "id"),
    Index("ix_notice_kind_id", "kind", "id"),
    Index("ix_notice_division_id", "division", "id"),
    Index("ix_notice_created_at", "created_at"),
)

delivery = Table(
    "delivery",
    metadata,
    *aggregate_columns(),
    text_column("notice_id", ForeignKey("notice.id")),
    member_column("channel", Channel),
    member_column("state", State),
    Column("attempts", Integer, nullable=False),
    Column("maybe_repeated", Integer, nullable=False),
    Column("sender", Integer, nullable=True),
    text_column("address", nullable=True),
    text_column("answer", nullable=True),
    _instant("next_attempt_at", nullable=True),
    _instant("sent_at", nullable=True),
    UniqueConstraint("notice_id", "channel"),
    Index("ix_delivery_pending", "next_attempt_at", "id", postgresql_where=text("state = 'pending'")),
    Index("ix_delivery_sending", "sender", postgresql_where=text("state = 'sending'")),
    Index("ix_delivery_unsent", "state", "notice_id", postgresql_where=text("state <> 'sent'")),
    Index("ix_delivery_no_address", "id", postgresql_where=text("state = 'no_address'")),
)

# Who has read what. Each office marks for itself: what a prefecture has read is still new to its county.
reading = Table(
    "reading",
    metadata,
    text_column("notice_id", ForeignKey("notice.id"), primary_key=True),
    text_column("reader", primary_key=True),
    _instant("read_at"),
)

# What the proof and the summary count. Triggers note each cause, notice and delivery that comes, changes or goes, by a
# row of changes, which waits for nobody; the worker adds these to the sums, and a reader adds those that are left.
# Sums are by day, month and year (`grain`, which begins on `since`), of the province (`place` is empty) and of each
# division.

cause_change = Table(
    "cause_change",
    metadata,
    day_column("day"),  # on which it occurred, in Asia/Shanghai
    text_column("division", nullable=True),
    text_column("type"),
    Column("ruleset", Integer, nullable=False),
    flag_column("person"),  # whether it concerns one
    flag_column("enterprise"),
    text_column("late"),  # what the event says; empty where it says nothing
    Column("number", Integer, nullable=False),
)
cause_sum = Table(
    "cause_sum",
    metadata,
    text_column("place", primary_key=True),
    text_column("grain", primary_key=True),
    Column("since", Date, primary_key=True),
    text_column("type", primary_key=True),
    Column("ruleset", Integer, primary_key=True, autoincrement=False),
    Column("person", Boolean, primary_key=True),
    Column("enterprise", Boolean, primary_key=True),
    Column("division", Boolean, primary_key=True),
    text_column("late", primary_key=True),
    Column("number", BigInteger, nullable=False),
)
# A notice itself is counted with an empty channel and state, by the day on which it was written.
delivery_change = Table(
    "delivery_change",
    metadata,
    day_column("occurred", nullable=True),  # the day of its cause
    day_column("written"),
    text_column("division", nullable=True),
    text_column("kind"),
    text_column("channel"),
    text_column("state"),
    Column("number", Integer, nullable=False),
    Column("maybe_repeated", Integer, nullable=False),
)
delivery_sum = Table(
    "delivery_sum",
    metadata,
    text_column("place", primary_key=True),
    text_column("basis", primary_key=True),  # which of the two days: `occurred` or `written`
    text_column("grain", primary_key=True),
    Column("since", Date, primary_key=True),
    text_column("kind", primary_key=True),
    text_column("channel", primary_key=True),
    text_column("state", primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("maybe_repeated", BigInteger, nullable=False),
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
