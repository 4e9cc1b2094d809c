"""Which events a caller may see: those of its divisions, and the one by which an aggregate left them."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, not_, null, or_, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import True_

from chassis.messaging.inbox.parking import ParkedRow
from chassis.messaging.outbox.heads import POSITION, outbox_head
from chassis.messaging.outbox.months import begin_of
from chassis.messaging.outbox.moves import outbox_move
from chassis.messaging.outbox.table import outbox
from chassis.security import Access, Caller, RoleGroup

A_MONTH = timedelta(days=31)
_row, _before = outbox.c, outbox.alias("before")
_noted = select(outbox_move.c.division).where(outbox_move.c.feed_position == _row.feed_position).scalar_subquery()
_at_head = (
    select(outbox_head.c.division)
    .where(
        outbox_head.c.aggregate_type == _row.aggregate_type,
        outbox_head.c.aggregate_id == _row.aggregate_id,
        outbox_head.c.version == _row.aggregate_version - 1,
    )
    .scalar_subquery()
)


class Visible:
    """What a caller may see of the outbox, and of that what lies in one division, if the caller names it.

    An event that moves an aggregate belongs to both divisions, or whoever reads the old one would keep the aggregate
    for ever.
    """

    def __init__(
        self, session: Session, access: Access, caller: Caller, today: date, division: str | None = None
    ) -> None:
        self.access, self.caller, self.today, self.division = access, caller, today, division
        here = and_(self._may_see(_row.division), self._is_asked_for(_row.division))
        # Who sees all of it need not be told where anything was.
        sees_all = isinstance(here, True_)
        self.previous: ColumnElement[str] = cast(null(), Text) if sees_all else _previous_division(session)

    def condition(self) -> ColumnElement[bool]:
        """Whether the caller sees the event."""
        seen = or_(_row.division.is_(None), self._may_see(_row.division), self._may_see(self.previous))
        conditions = [_row.aggregate_type.not_in(self.access.private), seen]
        if self.division is not None:
            conditions.append(or_(self._is_asked_for(_row.division), self._is_asked_for(self.previous)))
        return and_(*conditions)

    def has_left(self) -> ColumnElement[bool]:
        """Of an event that the caller sees: whether its aggregate lies elsewhere from this event on."""
        stays = or_(_row.division.is_(None), self._may_see(_row.division))
        if self.division is not None:
            stays = and_(stays, self._is_asked_for(_row.division))
        return not_(stays)

    def _may_see(self, division: ColumnElement[str]) -> ColumnElement[bool]:
        if self.access.sees is None:
            return true()
        return self.access.sees(division, self.caller, self.today)

    def _is_asked_for(self, division: ColumnElement[str]) -> ColumnElement[bool]:
        if self.access.subtree is None or self.division is None:
            return true()
        return division.in_(self.access.subtree(self.division, self.today))


def _previous_division(session: Session) -> ColumnElement[str]:
    """Where the aggregate was at its event before this one; NULL where it has not moved.

    Of what is taken in the moves are noted. An event of the last seconds is the next after its aggregate's head, or
    after another of these. That is looked up by a subquery of one value, since the planner may turn an EXISTS into a
    table of all that was ever announced, and in the months since only: it plans for each month that it may look into.
    """
    digested = session.scalars(POSITION).one()
    since = begin_of(session, digested)
    recent = select(_before.c.division).where(
        _before.c.aggregate_type == _row.aggregate_type,
        _before.c.aggregate_id == _row.aggregate_id,
        _before.c.aggregate_version == _row.aggregate_version - 1,
        _before.c.published_at < _row.published_at + A_MONTH,
    )
    if since is not None:
        recent = recent.where(_before.c.published_at >= since)
    return case(
        (_row.aggregate_version == 1, null()),
        (_row.feed_position <= digested, _noted),
        else_=func.coalesce(recent.scalar_subquery(), _at_head),
    )


def parked_as_seen(row: ParkedRow, caller: Caller, access: Access) -> ParkedRow:
    """A parked event; for who may not read the feed without its data, in which people's names may be."""
    if caller.role in access.members(RoleGroup.SUBSCRIBERS):
        return row
    return row._replace(event=row.event and {**row.event, "data": {}}, raw=None)
