"""What was announced to whom, on which channel, what became of it, and who has read it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import aggregate_columns, day_column, member_column, text_column
from notifications.domain.language import Language
from notifications.domain.notice import Channel, State
from notifications.domain.recipients import RecipientKind
from notifications.storage.base import instant, metadata

# Each event received that may have to be announced, and each planned day that has come, with those it concerns and the
# rule set that says to whom and by which channels.
cause = Table(
    "cause",
    metadata,
    text_column("id", primary_key=True),
    text_column("type"),
    text_column("subject"),
    instant("occurred_at"),
    instant("received_at"),
    text_column("division", nullable=True),
    text_column("person_id", nullable=True),
    text_column("enterprise_id", nullable=True),
    text_column("prefecture", nullable=True),
    text_column("province", nullable=True),
    Column("data", JSONB, nullable=False),
    Column("ruleset", Integer, nullable=False),
    Index("ix_cause_occurred_at", "occurred_at"),
    Index("ix_cause_received_at", "received_at"),
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
    text_column("about"),  # `event:<id>`, or what was planned for, as `certificate:<id>`
    day_column("due_on"),
    member_column("recipient_kind", RecipientKind),
    text_column("recipient_id"),
    text_column("division", nullable=True),
    text_column("subject"),
    text_column("body"),
    instant("created_at"),
    member_column("language", Language),
    text_column("short"),
    text_column("digest"),
    text_column("seal", nullable=True),  # over what it says to whom; NULL where it was written before there were seals
    # The identity: however often an event comes, and whatever is planned anew, nobody is told the same thing twice.
    UniqueConstraint("kind", "about", "due_on", "recipient_kind", "recipient_id"),
    Index("ix_notice_cause_id", "cause_id"),
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
    instant("next_attempt_at", nullable=True),
    instant("sent_at", nullable=True),
    instant("delivered_at", nullable=True),
    text_column("message_id", nullable=True),
    text_column("waits_for", nullable=True),
    instant("gathers_at", nullable=True),
    text_column("gather_key", nullable=True),
    text_column("digest_id", nullable=True),
    text_column("seal", nullable=True),  # over the channel and, once it was sent, when and by which answer
    # The text as it is sent, where that was written on another day than the notice's own.
    text_column("subject", nullable=True),
    text_column("body", nullable=True),
    text_column("short", nullable=True),
    text_column("digest", nullable=True),
    day_column("written_on", nullable=True),
    UniqueConstraint("notice_id", "channel"),
    Index("ix_delivery_waiting", "channel", "next_attempt_at", "id", postgresql_where=text("state = 'pending'")),
    Index(
        "ix_delivery_limited",
        "channel",
        "waits_for",
        postgresql_where=text("state = 'pending' AND waits_for IS NOT NULL"),
    ),
    Index("ix_delivery_mailed", "sent_at", postgresql_where=text("channel = 'email' AND state = 'sent'")),
    Index("ix_delivery_sending", "sender", postgresql_where=text("state = 'sending'")),
    Index("ix_delivery_unsent", "state", "notice_id", postgresql_where=text("state <> 'sent'")),
    Index("ix_delivery_unaddressed", "channel", "id", postgresql_where=text("state = 'no_address'")),
    Index("ix_delivery_message_id", "message_id", postgresql_where=text("message_id IS NOT NULL")),
    Index("ix_delivery_digest_id", "digest_id", postgresql_where=text("digest_id IS NOT NULL")),
    Index(
        "ix_delivery_gathering",
        "gather_key",
        "gathers_at",
        "id",
        postgresql_where=text("state = 'pending' AND digest_id IS NULL AND gathers_at IS NOT NULL"),
    ),
)

# Who has read what. Each office marks for itself: what a prefecture has read is still new to its county.
reading = Table(
    "reading",
    metadata,
    text_column("notice_id", ForeignKey("notice.id"), primary_key=True),
    text_column("reader", primary_key=True),
    instant("read_at"),
)
