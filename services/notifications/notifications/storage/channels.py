"""What the channels that leave the house need beside deliveries: digests, limits, robots, and addresses gone bad."""

from __future__ import annotations

from sqlalchemy import ARRAY, Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from chassis.data import member_column, text_column
from notifications.domain.language import Language
from notifications.domain.notice import Channel
from notifications.domain.recipients import RecipientKind
from notifications.storage.base import instant, metadata

# Deliveries to one recipient that are handed over as one message.
digest = Table(
    "digest",
    metadata,
    text_column("id", primary_key=True),
    text_column("subject"),
    text_column("body"),
    text_column("short"),
    member_column("language", Language),
    Column("notices", ARRAY(Text), nullable=False),  # their ids
    instant("created_at"),
    Index("ix_digest_created_at", "created_at"),
)

# What was used of a limit in the period that began at `since`.
limit_usage = Table(
    "limit_usage",
    metadata,
    text_column("key", primary_key=True),
    instant("since"),
    Column("used", Integer, nullable=False),
)

# Where an office's robot is reached: a JSON object with `kind`, `url` and perhaps `secret`, sealed.
robot = Table(
    "robot",
    metadata,
    text_column("division", primary_key=True),
    text_column("sealed"),
    text_column("set_by"),
    instant("set_at"),
)

# Addresses that nobody has, as a server said; until the owner's address changes nothing more is sent there.
bad_address = Table(
    "bad_address",
    metadata,
    member_column("owner_kind", RecipientKind),
    text_column("owner_id"),
    member_column("channel", Channel),
    text_column("sealed"),
    text_column("reason"),
    instant("since"),
    PrimaryKeyConstraint("owner_kind", "owner_id", "channel"),
)
