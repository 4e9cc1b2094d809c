"""What is delivered by webhook: how far each end point has come, what waits, with which keys, and the log."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, Table, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import member_column, text_column
from notifications.domain.webhook import Scheme, WaitingState
from notifications.storage.base import instant, metadata

# An end point. Of its subscription's events, each up to `position` was delivered or waits in `webhook_waiting`.
webhook_endpoint = Table(
    "webhook_endpoint",
    metadata,
    text_column("subscription_id", primary_key=True),
    Column("position", BigInteger, nullable=False, server_default="0"),
    Column("holder", Integer, nullable=True),  # the deliverer at work on it
    Column("claim", BigInteger, nullable=False, server_default="0"),  # by how many it was taken so far
    Column("in_hand", Integer, nullable=False, server_default="0"),  # events it has, in doubt if it dies
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row
    instant("failing_since", nullable=True),
    instant("resume_at", nullable=True),
    Column("is_open", Boolean, nullable=False, server_default=text("false")),  # the breaker
    Column("maybe_repeated", BigInteger, nullable=False, server_default="0"),
    Column("proved_target", JSONB(none_as_null=True), nullable=True),  # which the handshake has proved
    instant("proved_at", nullable=True),
    text_column("certificate", nullable=True),  # the client's with its key, PEM, sealed
    Index("ix_webhook_endpoint_holder", "holder", postgresql_where=text("holder IS NOT NULL")),
)

# With what deliveries are signed. While a secret rotates there are two of a scheme; the old one ends.
webhook_key = Table(
    "webhook_key",
    metadata,
    text_column("id", primary_key=True),
    text_column("subscription_id", index=True),
    member_column("scheme", Scheme),
    text_column("key"),  # sealed, and bound to the key's id
    instant("made_at"),
    instant("ends_at", nullable=True),
)

# Events that were not delivered when their turn came. Of a `ordering_key`, only the first is tried.
webhook_waiting = Table(
    "webhook_waiting",
    metadata,
    text_column("subscription_id", primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    text_column(
        "ordering_key"
    ),  # the aggregate; of an event that is sent once more on request, a ordering_key of its own
    member_column("state", WaitingState),
    Column("attempts", Integer, nullable=False),
    instant("next_attempt_at", nullable=True),
    Index("ix_webhook_waiting_subscription_id_ordering_key_sequence", "subscription_id", "ordering_key", "sequence"),
    Index(
        "ix_webhook_waiting_due",
        "subscription_id",
        "next_attempt_at",
        postgresql_where=text("next_attempt_at IS NOT NULL"),
    ),
)

# The attempts: a row for each run of events that came one after the other, and for each that is tried again.
webhook_log = Table(
    "webhook_log",
    metadata,
    text_column("id", primary_key=True),
    text_column("subscription_id"),
    instant("written_at"),
    Column("first_sequence", BigInteger, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("attempts", JSONB, nullable=False),  # see `logged` in usecases/webhooks/exchange.py
    Index("ix_webhook_log_subscription_id_id", "subscription_id", "id"),
    Index("ix_webhook_log_subscription_id_last_sequence", "subscription_id", "last_sequence"),
    Index("ix_webhook_log_written_at", "written_at"),
)

# What was asked to be sent beside the events: the handshake, and test events.
webhook_errand = Table(
    "webhook_errand",
    metadata,
    text_column("id", primary_key=True),
    text_column("subscription_id", index=True),
    text_column("kind"),
    Column("target", JSONB, nullable=False),
    instant("asked_at"),
    instant("begun_at", nullable=True),
    instant("done_at", nullable=True),
    Column("answer", JSONB(none_as_null=True), nullable=True),
    Index("ix_webhook_errand_open", "asked_at", postgresql_where=text("done_at IS NULL")),
    Index("ix_webhook_errand_asked_at", "asked_at"),
)

# By day, how many attempts there were, how many succeeded, and how long they took together.
webhook_sum = Table(
    "webhook_sum",
    metadata,
    text_column("subscription_id", primary_key=True),
    Column("day", Date, primary_key=True),
    Column("attempts", BigInteger, nullable=False),
    Column("delivered", BigInteger, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
)

# Letters about a subscription, to its contact and to the province's office.
subscriber_letter = Table(
    "subscriber_letter",
    metadata,
    text_column("id", primary_key=True),
    text_column("subscription_id"),
    text_column("recipient"),  # the subscription or the division that the sealed address is bound to
    text_column("address"),
    text_column("subject"),
    text_column("body"),
    instant("written_at"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    instant("next_attempt_at", nullable=True),  # none once it was sent, or given up
    instant("sent_at", nullable=True),
    text_column("answer", nullable=True),  # the mail server's
    Index("ix_subscriber_letter_due", "next_attempt_at", postgresql_where=text("next_attempt_at IS NOT NULL")),
    Index("ix_subscriber_letter_written_at", "written_at"),
)
