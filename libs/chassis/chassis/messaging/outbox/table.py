"""The outbox's table, and the event of one of its rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    Table,
    Text,
    Uuid,
    func,
    literal_column,
    orm,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import metadata
from chassis.messaging.envelope import Envelope

CHANNEL = "cqo_outbox"  # a trigger on the table notifies it, so that the relay wakes at the commit

# Partitioned by `published_at`: what is unpublished in `outbox_unpublished`, the rest by months, each with indexes of
# its own (chassis.data.outbox_months).
outbox = Table(
    "outbox",
    metadata,
    Column("seq", BigInteger, primary_key=True),
    Column("id", Uuid(as_uuid=False), nullable=False),
    Column("aggregate_type", Text, nullable=False),
    Column("aggregate_id", Text, nullable=False),
    Column("aggregate_version", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("division", Text),
    Column("correlation_id", Text),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("published_at", DateTime(timezone=True)),
    Column("feed_position", BigInteger),
)


# The sum of the last 12 hexadecimal digits of the ids, each a number; an inbox sums the same of what it applies.
ID_SUM = func.sum(literal_column("('x' || right(outbox.id::text, 12))::bit(48)::bigint", BigInteger))


class OutboxRow:
    """A row to be written. Mapped, so that the rows of a transaction go to the database together, at its flush."""

    def __init__(self, **values: object) -> None:
        for name, value in values.items():
            setattr(self, name, value)


orm.registry(metadata=metadata).map_imperatively(OutboxRow, outbox)


class StoredRow(Protocol):
    """A row of the outbox as it was read, by SQLAlchemy or by the driver."""

    id: str
    type: str
    aggregate_id: str
    aggregate_version: int
    occurred_at: datetime
    data: Any  # Any: JSON's values, or its text
    division: str | None
    correlation_id: str | None


def envelope(row: StoredRow, service: str, kind: type[Envelope] = Envelope) -> Envelope:
    """The event of one outbox row, as it goes out."""
    return kind(
        id=row.id,
        source=f"/{service}",
        type=row.type,
        subject=row.aggregate_id,
        time=row.occurred_at,
        sequence=row.aggregate_version,
        data=row.data,
        division=row.division,
        correlationid=row.correlation_id,
    )
