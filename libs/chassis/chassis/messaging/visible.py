"""Which events a caller may see: those of its divisions, and the one by which an aggregate left them."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, case, not_, null, or_, select, true

from chassis.messaging.inbox.parking import ParkedRow
from chassis.messaging.outbox.heads import POSITION
from chassis.messaging.outbox.moves import outbox_move
from chassis.messaging.outbox.table import outbox
from chassis.security import Access, Caller, RoleGroup

A_MONTH = timedelta(days=31)
_row, _before = outbox.c, outbox.alias("before")
# Where the aggregate was at its event before this one. Of what is taken in the moves are noted. The rest, of the last
# seconds, is looked up: by a subquery of one value, since the planner may turn an EXISTS into a table of all that was
# ever announced, and not in months after the event's own (within one the clock may have been put back).
_noted = select(outbox_move.c.division).where(outbox_move.c.feed_position == _row.feed_position).scalar_subquery()
_looked_up = (
    select(_before.c.division)
    .where(
        _before.c.aggregate_type == _row.aggregate_type,
        _before.c.aggregate_id == _row.aggregate_id,
        _before.c.aggregate_version == _row.aggregate_version - 1,
        _before.c.published_at < _row.published_at + A_MONTH,
    )
    .scalar_subquery()
)
PREVIOUS_DIVISION: ColumnElement[str] = case(
    (_row.aggregate_version == 1, null()),
    (_row.feed_position <= POSITION.scalar_subquery(), _noted),
    else_=_looked_up,
)


class Visible:
    """What a caller may see of the outbox, and of that what lies in one division, if the caller names it.

    An event that moves an aggregate belongs to both divisions, or whoever reads the old one would keep the aggregate
    for ever.
    """

    def __init__(self, access: Access, caller: Caller, today: date, division: str | None = None) -> None:
        self.access, self.caller, self.today, self.division = access, caller, today, division

    def condition(self) -> ColumnElement[bool]:
        """Whether the caller sees the event."""
        seen = or_(_row.division.is_(None), self._may_see(_row.division), self._may_see(PREVIOUS_DIVISION))
        conditions = [_row.aggregate_type.not_in(self.access.private), seen]
        if self.division is not None:
            conditions.append(or_(self._is_asked_for(_row.division), self._is_asked_for(PREVIOUS_DIVISION)))
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


def parked_as_seen(row: ParkedRow, caller: Caller, access: Access) -> ParkedRow:
    """A parked event; for who may not read the feed without its data, in which people's names may be."""
    if caller.role in access.members(RoleGroup.SUBSCRIBERS):
        return row
    return row._replace(event=row.event and {**row.event, "data": {}}, raw=None)
