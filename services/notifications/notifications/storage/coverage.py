"""The audits of coverage and what they found; what they go by beside the facts: former rows, and the mail's journal."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Date, ForeignKey, Index, Integer, Table, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import day_column, text_column
from notifications.storage.base import instant, metadata

# What held of a person, an enterprise, a certificate … until it changed: rows that triggers keep, as they were before.
# `content` is NULL where the object was not known here before. `until` is the machine's time, `day` the programme's.
former = Table(
    "former",
    metadata,
    Column("number", BigInteger, primary_key=True),
    text_column("kind"),
    text_column("id"),
    instant("until"),
    day_column("day"),
    Column("content", JSONB, nullable=True),
    Index("ix_former_kind_id_number", "kind", "id", "number"),
    Index("ix_former_kind_day", "kind", "day"),
    Index("ix_former_valid_until", sql("(content ->> 'valid_until')"), postgresql_where=sql("kind = 'certificate'")),
)

# The last day on which notices were written without a seal, by the version before seals; none in a newer database.
unsealed_until = Table("unsealed_until", metadata, Column("day", Date, primary_key=True))

# An audit goes through its days one by one, a transaction each; `done` of them are audited.
coverage_run = Table(
    "coverage_run",
    metadata,
    text_column("id", primary_key=True),
    Column("days", ARRAY(Date), nullable=False),
    Column("done", Integer, nullable=False),
    Column("nightly", Boolean, nullable=False),
    text_column("asked_by"),
    instant("asked_at"),
    instant("ended_at", nullable=True),
    Index("ix_coverage_run_open", "id", postgresql_where=sql("ended_at IS NULL")),
)

# How many deliveries were due, and how many a channel accepted.
coverage_figure = Table(
    "coverage_figure",
    metadata,
    text_column("run_id", ForeignKey("coverage_run.id"), primary_key=True),
    text_column("kind", primary_key=True),
    text_column("channel", primary_key=True),
    Column("due", BigInteger, nullable=False),
    Column("accepted", BigInteger, nullable=False),
)

# A difference between what was due and what was accepted; one for each recipient and channel.
coverage_gap = Table(
    "coverage_gap",
    metadata,
    Column("id", BigInteger, primary_key=True),
    text_column("run_id", ForeignKey("coverage_run.id")),
    day_column("day"),  # that was audited; an event that came late was due on an earlier one
    day_column("due_on"),
    text_column("kind"),
    text_column("reason"),
    text_column("subject"),
    text_column("recipient_kind"),
    text_column("recipient_id"),
    text_column("channel"),
    text_column("division", nullable=True),
    text_column("cause_id", nullable=True),
    text_column("notice_id", nullable=True),
    text_column("delivery_id", nullable=True),
    text_column("detail", nullable=True),
    instant("found_at"),
    instant("fixed_at", nullable=True),
    text_column("fixed_by", nullable=True),
    UniqueConstraint(
        "run_id", "due_on", "kind", "subject", "recipient_kind", "recipient_id", "channel", name="uq_coverage_gap_place"
    ),
    Index("ix_coverage_gap_run_id_id", "run_id", "id"),
    Index("ix_coverage_gap_run_id_kind_id", "run_id", "kind", "id"),
    Index("ix_coverage_gap_run_id_division_id", "run_id", "division", "id"),
)

# The messages that were read in the mail server's journal; `stamp` changes when their file does.
mail_taken = Table(
    "mail_taken",
    metadata,
    text_column("name", primary_key=True),
    text_column("message_id", nullable=True),
    text_column("digest", nullable=True),
    text_column("stamp"),
    instant("read_at"),
    Index("ix_mail_taken_message_id", "message_id"),
    Index("ix_mail_taken_read_at", "read_at"),
)
