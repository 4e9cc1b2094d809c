"""The table of due rows, and the statements on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from chassis.clock import SHANGHAI, Clock
from chassis.data import Reader, insert_rows, metadata

due = Table(
    "due",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("series", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("state", Text, nullable=False, server_default="planned"),
    Column("settled_at", DateTime(timezone=True)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", DateTime(timezone=True)),
    Column("last_error", Text),
    UniqueConstraint("kind", "key"),
    CheckConstraint("state IN ('planned', 'done', 'superseded', 'cancelled')", name="state"),
    Index("ix_due_kind_due_on_id", "kind", "due_on", "id"),  # what was due, page by page
    Index("ix_due_planned", "kind", "due_on", "id", postgresql_where=text("state = 'planned'")),
    Index("ix_due_series", "series", postgresql_where=text("state = 'planned'")),
)

# Written into the statement, so that the planner sees that the partial indexes apply, whatever the plan it keeps.
PLANNED = literal("planned", Text, literal_execute=True)
PLAN_ANEW = """
ON CONFLICT (kind, key) DO UPDATE SET series = excluded.series, due_on = excluded.due_on, payload = excluded.payload,
    state = 'planned', settled_at = NULL, attempts = 0, not_before = excluded.not_before, last_error = NULL
WHERE due.state <> 'done'
"""
SETTLED_FOR, REMOVED_AT_ONCE = timedelta(days=1100), 2000  # three years: a certificate's term, and what it was told of
FIRST_RETRY, LAST_RETRY = 5, 3600  # seconds; each failure doubles the wait


@dataclass(frozen=True)
class DueRow:
    """A row that has fallen due."""

    id: int
    kind: str
    series: str
    key: str
    due_on: date
    payload: dict[str, Any]  # Any: JSON's values
    attempts: int = 0


class Taken(NamedTuple):
    """Rows that were locked: those to be handled, and the ids of those after which another of their series is due."""

    rows: list[DueRow]
    superseded: list[int]


@dataclass(frozen=True)
class Planned:
    """A row to be planned; see `plan`."""

    kind: str
    series: str
    key: str
    due_on: date
    payload: dict[str, Any]  # Any: JSON's values
    not_before: datetime | None = None


def plan_all(session: Session, rows: Iterable[Planned]) -> None:
    """Plans many rows in one statement, each as `plan` does; of those with the same kind and key the last holds."""
    last = {(row.kind, row.key): row for row in rows}
    insert_rows(session, due, [vars(row) for row in last.values()], PLAN_ANEW)


def plan(
    session: Session,
    kind: str,
    series: str,
    key: str,
    due_on: date,
    payload: dict[str, Any],  # Any: JSON's values
    *,
    wait: timedelta | None = None,
) -> None:
    """Plans a row in the present transaction.

    A key that is planned already moves to the new day; one that was cancelled or superseded is planned again; one
    that was done stays done, so a thing once due under this key never happens twice. `wait`: what is due within hours
    is not due before so long from now, also on its day. Like all waits it is real time, whatever the clock is moved to.
    """
    not_before = datetime.now(UTC) + wait if wait is not None else None
    plan_all(session, [Planned(kind, series, key, due_on, payload, not_before)])


def cancel(session: Session, *series: str) -> None:
    """Cancels all that is still planned of each of `series`."""
    session.execute(
        update(due)
        .where(due.c.series.in_(series), due.c.state == PLANNED)
        .values(state="cancelled", settled_at=func.now())
    )


# The statements of the loop are built once: some are asked several times a second.
TODAY = bindparam("today", type_=Date)
HAS_FALLEN_DUE = and_(due.c.state == PLANNED, due.c.due_on <= TODAY)
MAY_BE_TRIED = or_(due.c.not_before.is_(None), due.c.not_before <= func.now())
HOUR_HAS_COME = or_(due.c.attempts > 0, MAY_BE_TRIED)  # what failed is due, and waits for its next try
WANTED = func.unnest(bindparam("kinds", type_=ARRAY(Text))).column_valued("wanted")
KINDS_DUE = select(WANTED).where(exists().where(due.c.kind == WANTED, HAS_FALLEN_DUE, MAY_BE_TRIED))
# One replica at a time sweeps a kind. A row whose object somebody else has locked is soon tried again; the rows that
# are taken with it, and who waits for those, need not wait for longer than this.
TAKE_TURN = text(
    "SELECT pg_try_advisory_xact_lock(hashtext('cqo.due'), hashtext(:kind)), set_config('lock_timeout', '1s', true)"
)
_later = due.alias("later")
IS_LAST_OF_SERIES = not_(
    exists().where(
        _later.c.series == due.c.series,
        # Joined to nothing, so that the index of the kinds is of no use here. When much falls due at once, statistics
        # from before say that it is little; by that index each row would then be compared with all that are due.
        _later.c.kind + "" == due.c.kind,
        _later.c.state == PLANNED,
        _later.c.due_on <= TODAY,
        tuple_(_later.c.due_on, _later.c.id) > tuple_(due.c.due_on, due.c.id),
    )
)
TAKE = (
    select(
        due.c.id, due.c.kind, due.c.series, due.c.key, due.c.due_on, due.c.payload, due.c.attempts, IS_LAST_OF_SERIES
    )
    .where(due.c.kind == bindparam("of_kind"), HAS_FALLEN_DUE, MAY_BE_TRIED)
    .order_by(due.c.due_on, due.c.id)
    .limit(bindparam("at_most", type_=Integer))
    .with_for_update(of=due, skip_locked=True)
)
SETTLE = (
    update(due)
    .where(due.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))
    .values(state=bindparam("outcome"), settled_at=bindparam("now"))
    .execution_options(synchronize_session=False)
)
OVERDUE_OF_KINDS = (
    select(due.c.kind, func.count(), func.min(due.c.due_on))
    .where(due.c.kind == func.any(bindparam("kinds", type_=ARRAY(Text))), HAS_FALLEN_DUE, HOUR_HAS_COME)
    .group_by(due.c.kind)
)
# The kinds of which anything is planned, each by a look into the index: what is planned for later is not gone through.
_first = select(func.min(due.c.kind).label("kind")).where(due.c.state == PLANNED).cte("planned", recursive=True)
_next = select(func.min(due.c.kind)).where(due.c.state == PLANNED, due.c.kind > _first.c.kind).scalar_subquery()
_planned = _first.union_all(select(_next).where(_first.c.kind.is_not(None)))
KINDS_PLANNED = select(_planned.c.kind).where(_planned.c.kind.is_not(None))


def kinds_due(reader: Reader, kinds: Iterable[str], today: date) -> set[str]:
    """Those of `kinds` of which at least one row waits to be handled."""
    return set(reader.scalars(KINDS_DUE, {"kinds": list(kinds), "today": today}))


def take_turn(session: Session, kind: str) -> bool:
    """Whether this transaction sweeps `kind` now; another one that does is left to it."""
    return bool(session.scalar(TAKE_TURN, {"kind": kind}))


def take(session: Session, kind: str, today: date, limit: int) -> Taken:
    """Locks up to `limit` due rows of `kind`, the oldest first; rows that another transaction holds are left out."""
    rows, superseded = list[DueRow](), list[int]()
    for *values, is_last in session.execute(TAKE, {"of_kind": kind, "today": today, "at_most": limit}):
        row = DueRow(*values)
        if is_last:
            rows.append(row)
        else:
            superseded.append(row.id)
    return Taken(rows, superseded)


def settle(session: Session, ids: Sequence[int], state: str, now: datetime) -> None:
    """Marks these rows as `done` or `superseded`."""
    if ids:
        session.execute(SETTLE, {"ids": list(ids), "outcome": state, "now": now})


def remove_settled(session: Session, now: datetime) -> int:
    """Removes some rows that were settled long ago, and returns how many; a thing of their day is not planned again."""
    long_ago = now - SETTLED_FOR
    some = select(due.c.id).where(due.c.state != "planned", due.c.settled_at < long_ago, due.c.due_on < long_ago.date())
    gone = delete(due).where(due.c.id.in_(some.limit(REMOVED_AT_ONCE).correlate(None))).returning(due.c.id)
    return len(session.scalars(gone).all())


def postpone(session: Session, row_id: int, error: str) -> None:
    """Notes a failure, and leaves the row for a later try; waits are real time, whatever the clock was moved to."""
    wait = func.least(LAST_RETRY, FIRST_RETRY * func.power(2, func.least(due.c.attempts, 20)))
    session.execute(
        update(due)
        .where(due.c.id == row_id, due.c.state == "planned")
        .values(
            attempts=due.c.attempts + 1,
            last_error=error[:2000],
            not_before=func.now() + wait * text("interval '1 second'"),
        )
        .execution_options(synchronize_session=False)
    )


class Overdue(NamedTuple):
    """How many rows wait though their day has come, and for how many seconds the oldest has."""

    rows: int
    seconds: float


NOTHING_OVERDUE = Overdue(0, 0.0)


def overdue(reader: Reader, clock: Clock, kinds: Iterable[str] | None = None) -> dict[str, Overdue]:
    """For each kind, or each of `kinds`, what waits though its day has come; a kind without any is left out."""
    wanted = list(reader.scalars(KINDS_PLANNED) if kinds is None else kinds)
    found = reader.execute(OVERDUE_OF_KINDS, {"today": clock.today(), "kinds": wanted})
    return {kind: Overdue(count, _seconds_since(oldest, clock)) for kind, count, oldest in found}


def _seconds_since(day: date, clock: Clock) -> float:
    return (clock.now() - datetime.combine(day, time(), SHANGHAI)).total_seconds()
