"""What is known of published events by aggregate and by type, whether they are still there or gone.

Of each aggregate its last version, of each type how many and the sum of their ids, and which events moved an aggregate
to another division: up to a position, from which the next step goes on. It costs the relay and those who announce
nothing, and comparing need not read all that ever was.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    Numeric,
    Table,
    Text,
    Uuid,
    cast,
    func,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from chassis.data import metadata
from chassis.messaging.outbox import moves
from chassis.messaging.outbox.months import published_after, published_between
from chassis.messaging.outbox.table import ID_SUM, outbox

AT_ONCE = 5000  # events in one step

outbox_digested = Table(
    "outbox_digested",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
outbox_head = Table(
    "outbox_head",
    metadata,
    Column("aggregate_type", Text, primary_key=True),
    Column("aggregate_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("event_id", Uuid(as_uuid=False), nullable=False),
    Column("division", Text),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
)
outbox_tally = Table(
    "outbox_tally",
    metadata,
    Column("type", Text, primary_key=True),
    Column("published", BigInteger, nullable=False),
    Column("id_sum", Numeric, nullable=False),
)

_row = outbox.c
POSITION = select(outbox_digested.c.position)
LAST_VERSIONS = (
    select(_row.aggregate_type, _row.aggregate_id, _row.aggregate_version, _row.id, _row.division, _row.occurred_at)
    .ext(distinct_on(_row.aggregate_type, _row.aggregate_id))
    .order_by(_row.aggregate_type, _row.aggregate_id, _row.aggregate_version.desc())
)
COUNTS = select(_row.type, func.count().label("published"), ID_SUM.label("id_sum")).group_by(_row.type)
COLUMNS = ("version", "event_id", "division", "occurred_at")


def not_taken_in(session: Session) -> ColumnElement[bool]:
    """That an event was published after the last that is taken in, in the moment of the statement."""
    since = published_after(session, session.scalars(POSITION).one())
    return (_row.feed_position > POSITION.scalar_subquery()) & since


def published_by_type(session: Session) -> list[tuple[str, int, int]]:
    """How many events of each type were ever published, and the sum of their ids."""
    recent = COUNTS.where(not_taken_in(session))
    tallied = select(outbox_tally.c.type, outbox_tally.c.published, outbox_tally.c.id_sum)
    known = union_all(tallied, recent).subquery().c
    sums = select(known.type, cast(func.sum(known.published), BigInteger), func.sum(known.id_sum))
    found = session.execute(sums.group_by(known.type).order_by(known.type))
    return [(kind, number, int(id_sum)) for kind, number, id_sum in found]


def digest_more(session: Session, limit: int = AT_ONCE) -> int:
    """Takes in the next published events, some at a time; returns how many."""
    position = session.scalars(POSITION.with_for_update()).one()
    since = published_between(session, position, position + 1) if position else _row.published_at.is_not(None)
    following = select(_row.feed_position).where(_row.feed_position > position, since)
    following = following.order_by(_row.feed_position).limit(limit)
    number, last = session.execute(select(func.count(), func.max(following.subquery().c.feed_position))).one()
    if not number:
        return 0
    these = (_row.feed_position > position, _row.feed_position <= last, since)
    session.execute(moves.noted(outbox_head, *these))
    heads = insert(outbox_head).from_select(["aggregate_type", "aggregate_id", *COLUMNS], LAST_VERSIONS.where(*these))
    session.execute(
        heads.on_conflict_do_update(
            index_elements=["aggregate_type", "aggregate_id"],
            set_={name: heads.excluded[name] for name in COLUMNS},
            where=outbox_head.c.version <= heads.excluded.version,
        )
    )
    counts = insert(outbox_tally).from_select(["type", "published", "id_sum"], COUNTS.where(*these))
    sums = {name: outbox_tally.c[name] + counts.excluded[name] for name in ("published", "id_sum")}
    session.execute(counts.on_conflict_do_update(index_elements=["type"], set_=sums))
    session.execute(update(outbox_digested).values(position=last))
    return int(number)
