"""The outbox's months: made ahead, closed when they are over, and where in them a stretch of the feed lies.

A month is a run of positions. Its row in `outbox_month` stays when its events are gone, so that the feed can say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Row,
    Select,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from chassis.data import metadata
from chassis.messaging.outbox.moves import outbox_move
from chassis.messaging.outbox.table import outbox

AHEAD = timedelta(days=92)
# A relay on another machine may have a clock that is a little behind.
CLOSED_AFTER = timedelta(hours=1)

outbox_month = Table(
    "outbox_month",
    metadata,
    Column("name", Text, primary_key=True),  # the partition
    Column("starts", DateTime(timezone=True), nullable=False),
    Column("ends", DateTime(timezone=True), nullable=False),
    # Known when the month is over. Where nothing was published in it, the last is the one before the first.
    Column("first_position", BigInteger),
    Column("last_position", BigInteger),
    Column("gone_at", DateTime(timezone=True)),
    Column("archived_as", Text),  # the archive's file; NULL where all of the month's events were of passing kinds
)
month = outbox_month.c
DEFAULT = "outbox_unpublished"  # with what was published before there were months
MAKE = text("SELECT outbox_make_month(:until)")
DROP = text("SELECT outbox_drop_month(:name, :archived_as)")
LAST_CLOSED = select(func.coalesce(func.max(month.last_position), 0))
# The default partition starts at minus infinity, for which Python has no datetime.
MONTHS: Select[str, datetime | None, datetime, int, int] = select(
    month.name,
    func.nullif(month.starts, text("'-infinity'::timestamptz")).label("starts"),
    month.ends,
    month.first_position,
    month.last_position,
).order_by(month.ends)
CLOSED = MONTHS.where(month.last_position.is_not(None), month.gone_at.is_(None))
LAST_POSITION = select(func.max(outbox.c.feed_position))
END = select(func.coalesce(func.max(month.last_position), 0), func.max(month.ends)).where(
    month.last_position.is_not(None)
)
ARCHIVED = (
    select(month.first_position, month.last_position, month.archived_as)
    .where(month.archived_as.is_not(None), month.last_position > bindparam("position", type_=BigInteger))
    .order_by(month.last_position)
    .limit(1)
)
SPAN = select(
    func.max(month.ends).filter(month.last_position <= bindparam("after", type_=BigInteger)),
    func.min(month.ends).filter(month.last_position >= bindparam("last", type_=BigInteger)),
)


@dataclass(frozen=True)
class Month:
    """A month that is over, and the positions of the events published in it. `starts` is None for the default one."""

    name: str
    starts: datetime | None
    ends: datetime
    first_position: int
    last_position: int

    @property
    def events(self) -> ColumnElement[bool]:
        """That an event was published in it."""
        return published_in(self.starts, self.ends)


def first_of_month(at: datetime) -> datetime:
    """The first instant of that month, in UTC."""
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def published_in(starts: datetime | None, ends: datetime | None) -> ColumnElement[bool]:
    """That an event was published between two instants, None being open: the planner looks into these months only."""
    found: ColumnElement[bool] = outbox.c.published_at.is_not(None)
    if starts is not None:
        found = found & (outbox.c.published_at >= starts)
    return found if ends is None else found & (outbox.c.published_at < ends)


def published_between(session: Session, after: int, last: int) -> ColumnElement[bool]:
    """The same, for the events of the positions after `after` up to `last`."""
    return published_in(*session.execute(SPAN, {"after": after, "last": last}).one())


def published_after(session: Session, position: int) -> ColumnElement[bool]:
    """The same, for all events after a position."""
    return published_in(begin_of(session, position), None)


def begin_of(session: Session, position: int) -> datetime | None:
    """An instant before which no event after a position was published; None where no month is known to be over."""
    found: datetime | None = session.execute(SPAN, {"after": position, "last": position}).one()[0]
    return found


def end_of_feed(session: Session) -> int:
    """The last position that was ever given."""
    closed, since = session.execute(END).one()
    return session.scalar(LAST_POSITION.where(published_in(since, None))) or int(closed)


def archived_after(session: Session, position: int) -> Row[int, int, str] | None:
    """The first and the last position of the first archive that holds events after `position`, and its file."""
    return session.execute(ARCHIVED, {"position": position}).one_or_none()


def make_next(session: Session, now: datetime) -> bool:
    """Makes one more partition if there are not enough ahead of `now`; whether it has."""
    return bool(session.scalar(MAKE, {"until": first_of_month(now + AHEAD)}))


def close_next(session: Session, now: datetime) -> bool:
    """Closes the oldest month that is over: its positions are known from now on; whether there was one."""
    over = MONTHS.where(month.last_position.is_(None), month.ends < now - CLOSED_AFTER).limit(1)
    found: Row[str, datetime | None, datetime, int, int] | None = session.execute(over).one_or_none()
    if found is None:
        return False
    before = session.scalar(LAST_CLOSED) or 0
    positions = LAST_POSITION.add_columns(func.min(outbox.c.feed_position))
    last, first = session.execute(positions.where(published_in(found.starts, found.ends))).one()
    values = {"first_position": first or before + 1, "last_position": last or before}
    session.execute(update(outbox_month).where(month.name == found.name).values(**values))
    return True


def closed(session: Session) -> list[Month]:
    """The months that are over and not gone, the oldest first."""
    return [Month(*row) for row in session.execute(CLOSED)]


def drop(session: Session, month: Month, archived_as: str | None = None) -> None:
    """Takes a month and its events out of the outbox; waits for no lock longer than half a second."""
    session.execute(delete(outbox_move).where(outbox_move.c.feed_position <= month.last_position))
    session.execute(DROP, {"name": month.name, "archived_as": archived_as})
