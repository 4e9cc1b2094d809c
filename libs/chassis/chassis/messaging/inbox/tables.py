"""The inbox's tables, and the states of what is parked."""

from enum import StrEnum

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
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import metadata

# For each aggregate read from other services, the last version applied: deduplication and order in one; and the id of
# that event, since a publisher that was put back uses versions again. NULL where it was applied before ids were kept.
inbox_cursor = Table(
    "inbox_cursor",
    metadata,
    Column("aggregate", Text, primary_key=True),
    Column("version", BigInteger, nullable=False, server_default="0"),
    Column("event_id", Text),
    Column("event_time", DateTime(timezone=True)),  # when it happened; NULL where it was applied before times were kept
)


class ParkedState(StrEnum):
    """What a parked event waits for."""

    BLOCKED = "blocked"  # its predecessor
    RETRYING = "retrying"  # its next attempt
    WAITING = "waiting"  # a person
    DEAD = "dead"  # a person, who can only skip it: it can't be read
    CONFLICT = "conflict"  # a person, who can only skip it: another event of the same version is known already


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
    # An event that is to be applied has its place alone; what claims a place that is taken is kept beside it.
    Index("uq_inbox_parked_place", "aggregate", "version", unique=True, postgresql_where=text("state <> 'conflict'")),
    Index(
        "uq_inbox_parked_conflict",
        "aggregate",
        "version",
        text("(event ->> 'id')"),
        unique=True,
        postgresql_where=text("state = 'conflict'"),
    ),
    Index("ix_inbox_parked_next_attempt_at", "next_attempt_at", postgresql_where=text("next_attempt_at IS NOT NULL")),
)

# How many events of each type were applied, counted in the applying transaction: the other side of the outbox's count.
# Each replica counts in a lane, so that replicas don't queue up for one row.
inbox_applied = Table(
    "inbox_applied",
    metadata,
    Column("type", Text, primary_key=True),
    Column("lane", SmallInteger, primary_key=True, autoincrement=False),
    Column("applied", BigInteger, nullable=False),  # by a handler
    Column("moved", BigInteger, nullable=False, server_default="0"),  # no handler: only the cursor moved
    # The sum of what `applying.id_number` gives for the ids of those applied: two services that have the same count and
    # the same sum have the same events. NULL where some were applied before it was kept.
    Column("id_sum", Numeric),
)
