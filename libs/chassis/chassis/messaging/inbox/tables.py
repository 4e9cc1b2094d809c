"""The inbox's tables."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import metadata

# For each object read from other services, the last version applied: deduplication and order in one.
inbox_cursor = Table(
    "inbox_cursor",
    metadata,
    Column("aggregate", Text, primary_key=True),
    Column("version", BigInteger, nullable=False, server_default="0"),
)

# States: `blocked` waits for a predecessor, `retrying` for its next attempt, `waiting` for a person; `dead` can't be
# read.
inbox_parked = Table(
    "inbox_parked",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("aggregate", Text),
    Column("version", BigInteger),
    Column("type", Text),
    Column("event", JSONB),
    Column("raw", LargeBinary),
    Column("reason", Text, nullable=False),
    Column("detail", Text),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", DateTime(timezone=True)),
    Column("parked_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("aggregate", "version"),
    Index("ix_inbox_parked_next_attempt_at", "next_attempt_at", postgresql_where=text("next_attempt_at IS NOT NULL")),
)

# How many events of each type were applied, counted in the applying transaction: the other side of the outbox's count.
inbox_applied = Table(
    "inbox_applied",
    metadata,
    Column("type", Text, primary_key=True),
    Column("lane", SmallInteger, primary_key=True, autoincrement=False),
    Column("applied", BigInteger, nullable=False),  # by a handler
    Column("moved", BigInteger, nullable=False, server_default="0"),  # no handler: only the cursor moved
    Column(
        "id_sum", Numeric
    ),  # of the ids of those applied, see `applying`; NULL where some were applied before it was kept
)
