"""Makes what a service has of an aggregate equal to what its publisher holds, after one of the two was put back.

What both have in common stays: the publisher's events that are no later than the one at the cursor. The cursor goes
back to the last of them, what was copied is made anew from them, and what comes after them is fetched as anything
missing is. What the publisher no longer has is lost there. It can't be given back, only shown.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from chassis.messaging import feed_client
from chassis.messaging.digest import Head
from chassis.messaging.envelope import Envelope, JsonObject
from chassis.messaging.inbox.applying import Handler
from chassis.messaging.inbox.comparing import Difference
from chassis.messaging.inbox.cursors import KEYS, Cursor, lock_whole_cursors, move_cursors
from chassis.messaging.inbox.kept import Kept, Rows
from chassis.messaging.inbox.tables import ParkedState, inbox_applied, inbox_parked
from chassis.settings import Settings

# The ids of events (UUIDv7) begin with their time. Those of one aggregate may be made by processes whose clocks differ
# a little; to put a database back takes longer.
CLOCKS_DIFFER = 1000  # milliseconds
SURELY_GIVEN = 30_000  # milliseconds after which an event that can't be fetched is not merely under way
NOTHING_KEPT = Kept(stays="what this service did because of it")
_row = inbox_parked.c
PARKED = select(_row.id, _row.aggregate, _row.version, _row.event, _row.state, _row.detail).where(
    _row.aggregate == func.any(KEYS), _row.event.is_not(None)
)
TRY_NOW = update(inbox_parked).values(state=ParkedState.RETRYING, attempts=0, next_attempt_at=func.now())


class ParkedRow(NamedTuple):
    """A parked event; of a conflict, `known_id` is the id of the event that has its place."""

    id: int
    aggregate: str
    version: int
    event: JsonObject
    state: str
    known_id: str | None


class Parted(NamedTuple):
    """The publisher's events of an aggregate, divided at the place where the two histories part."""

    common: list[Envelope]
    again: list[Envelope]  # to be taken now: its new ones


@dataclass(frozen=True)
class Finding:
    """What is to be done about an aggregate, and what a person must know of it."""

    difference: Difference
    parted: Parted
    base: Cursor  # where the cursor is to stand, before the new events are taken
    is_given: bool  # whether the publisher gives this kind out
    is_published: bool  # False where it holds something of which nothing is in its feed yet
    taken_from_parked: int | None  # of a kind that is not given out: the parked row that has its last event
    lost: range  # the versions that the publisher has no more
    lost_events: list[JsonObject]  # those of them that are still here, parked
    known: list[JsonObject]  # what is kept of the aggregate here
    stays: str

    @property
    def aggregate(self) -> str:
        return self.difference.aggregate

    @property
    def is_to_be_mended(self) -> bool:
        """Not what is held up by a parked event, nor what may still be under way."""
        if self.is_given:
            return self.difference.what in ("ahead", "conflicting") and self.is_published
        return self.difference.what in ("ahead", "conflicting") or (self.difference.what == "behind" and self._is_old)

    @property
    def is_to_be_entered_anew(self) -> bool:
        """Whether a person must enter something at the publisher."""
        return bool(self.lost) or (self.is_to_be_mended and not self.is_given and self.taken_from_parked is None)

    @property
    def _is_old(self) -> bool:
        there = self.difference.there
        return there is not None and there.id is not None and time.time() * 1000 - made_at(there.id) > SURELY_GIVEN

    def to_dict(self) -> JsonObject:
        """As it is shown."""
        what, aggregate, here, there = self.difference
        return {
            "aggregate": aggregate,
            "what": what,
            "here": here.version,
            "there": there.version if there else 0,
            "lost": list(self.lost),
            "lost_events": self.lost_events,
            "again": len(self.parted.again) + (self.taken_from_parked is not None),
            "enter_anew": self.is_to_be_entered_anew,
            "known": self.known,
            "stays": self.stays,
        }


def examine(
    session: Session, settings: Settings, publisher: str, differences: Sequence[Difference], kept: Mapping[str, Kept]
) -> list[Finding]:
    """What is to be done about aggregates that differ; raises one of feed_client.UNREADABLE.

    At most ASKED_FOR_AT_ONCE of them.
    """
    keys = [each.aggregate for each in differences]
    events = _all_events(settings, publisher, keys)
    parked: dict[str, list[ParkedRow]] = {key: [] for key in keys}
    for row in session.execute(PARKED, {"keys": keys}):
        parked[row.aggregate].append(ParkedRow(*row))
    found = []
    for each in differences:
        kind, _, subject = each.aggregate.partition(":")
        there, known = each.there, events[each.aggregate]
        if there is None:
            last = known[-1] if known else None
            there = Head(subject, last.sequence, last.id) if last else _head(settings, publisher, kind, subject)
        of_kind = kept.get(kind, NOTHING_KEPT)
        rows = [row for rows in (*of_kind.copies, *of_kind.facts) for row in _rows(session, rows, subject, each.here)]
        found.append(_finding(each._replace(there=there), known, parked[each.aggregate], rows, of_kind))
    return found


def _finding(
    difference: Difference, events: Sequence[Envelope], parked: Sequence[ParkedRow], known: list[JsonObject], kept: Kept
) -> Finding:
    here, there = difference.here, difference.there
    conflicts = [Cursor(row.version, row.known_id) for row in parked if row.state == ParkedState.CONFLICT]
    # Where another event of the publisher's has been applied since, the place is that of the first conflict.
    parted = divide(events, min([here, *conflicts], key=lambda cursor: cursor.version))
    last = [row.id for row in parked if there is not None and not kept.is_given and row.event["id"] == there.id]
    base = _base(parted, there, bool(last))
    ours = {event.id for event in events} | ({there.id} if there else set())
    until = max((cursor.version for cursor in conflicts), default=0) if here.event_id in ours else here.version
    return Finding(
        difference,
        parted,
        base,
        kept.is_given,
        bool(events) or there is None,
        last[0] if last else None,
        range(base.version + 1, until + 1),
        [row.event for row in parked if row.event["id"] not in ours and row.state != ParkedState.CONFLICT],
        known,
        kept.stays,
    )


def divide(events: Sequence[Envelope], here: Cursor) -> Parted:
    """The publisher's `events` of an aggregate, divided into those that came before what is `here`, and later ones."""
    # A cursor from before ids were kept has nothing but its version.
    latest = None if here.event_id is None else made_at(here.event_id) + CLOCKS_DIFFER
    common = [
        event for event in events if event.sequence <= here.version and (latest is None or made_at(event.id) <= latest)
    ]
    return Parted(common, list(events[len(common) :]))


def mend(
    session: Session, findings: Sequence[Finding], handlers: Mapping[str, Handler], kept: Mapping[str, Kept]
) -> list[Finding]:
    """Brings aggregates to where they and the publisher's had parted; leaves out those that have moved on meanwhile.

    The worker's next comparison then fetches and applies what the publisher has after that.
    """
    # All cursors first, and the counts last, as the inbox does it.
    cursors = lock_whole_cursors(session, [each.difference.aggregate for each in findings])
    mended = [each for each in findings if cursors[each.difference.aggregate] == each.difference.here]
    for each in mended:
        aggregate = each.difference.aggregate
        kind, _, subject = aggregate.partition(":")
        of_kind = kept.get(kind, NOTHING_KEPT)
        if of_kind.is_given and of_kind.copies:
            _copy_anew(session, subject, each.parted.common, handlers, of_kind)
        others = delete(inbox_parked).where(_row.aggregate == aggregate)
        session.execute(others.where(_row.id != (each.taken_from_parked or 0)))
        if each.taken_from_parked is not None:
            session.execute(TRY_NOW.where(_row.id == each.taken_from_parked))
        move_cursors(session, {aggregate: each.base.version}, _id_of(aggregate, each.base))
    # What was applied of these kinds, and what their publisher has announced, can't be compared by their sums any more.
    for kind in sorted({each.difference.aggregate.partition(":")[0] for each in mended}):
        session.execute(update(inbox_applied).where(inbox_applied.c.type.startswith(f"{kind}.")).values(id_sum=None))
    return mended


def _copy_anew(
    session: Session, subject: str, common: Sequence[Envelope], handlers: Mapping[str, Handler], kept: Kept
) -> None:
    # Where the publisher's first events are no longer kept, what was copied of them must stay.
    if not common or common[0].sequence == 1:
        _forget(session, subject, kept)
    _copy(session, common, handlers, kept)


def _forget(session: Session, subject: str, kept: Kept) -> None:
    if kept.forget is not None:
        kept.forget(session, subject)
    else:
        for rows in kept.copies:
            session.execute(delete(rows.table).where(rows.about(subject, None)))


def _copy(session: Session, events: Sequence[Envelope], handlers: Mapping[str, Handler], kept: Kept) -> None:
    known = [event for event in events if event.type in handlers]
    if kept.restate is None:
        for kind, run in groupby(known, key=lambda event: event.type):
            handlers[kind](session, list(run))
    elif known:
        kept.restate(session, [event.with_data(handlers[event.type].reader.read([event.data])[0]) for event in known])
    session.flush()


def _base(parted: Parted, there: Head | None, is_parked_here: bool) -> Cursor:
    if parted.common:
        return Cursor(parted.common[-1].sequence, parted.common[-1].id)
    if parted.again:
        # Before its first event, or the first that the publisher has kept.
        return Cursor(parted.again[0].sequence - 1, None)
    if there is None:
        return Cursor(0, None)
    # A kind that is not given out: its last event is here, or can't be had; what comes next can be taken.
    return Cursor(there.version - 1, None) if is_parked_here else Cursor(there.version, there.id)


def _head(settings: Settings, publisher: str, kind: str, subject: str) -> Head | None:
    """The last version of one aggregate, None where the publisher knows none."""
    number = hashlib.md5(subject.encode(), usedforsecurity=False).digest()[0]
    found = feed_client.heads(settings, publisher, kind, [number])
    return next((each for each in found if each.subject == subject), None)


def _all_events(settings: Settings, publisher: str, aggregates: Sequence[str]) -> dict[str, list[Envelope]]:
    """All that the publisher gives of some aggregates, in their order."""
    found: dict[str, list[Envelope]] = {aggregate: [] for aggregate in aggregates}
    while True:
        places = {aggregate: events[-1].sequence if events else 0 for aggregate, events in found.items()}
        page = feed_client.missing(settings, publisher, places)
        for event in page:
            found[event.aggregate].append(event)
        if len(page) < feed_client.PAGE:
            return found


def _rows(session: Session, rows: Rows, subject: str, here: Cursor) -> list[JsonObject]:
    found = select(rows.table).where(rows.about(subject, here.event_id))
    return [dict(row) for row in session.execute(found).mappings()]


def _id_of(aggregate: str, cursor: Cursor) -> dict[str, str]:
    return {aggregate: cursor.event_id} if cursor.event_id else {}


def made_at(event_id: str) -> int:
    """When an event was made, by its id, in milliseconds since 1970; 0 for an id of another form."""
    try:
        return UUID(event_id).int >> 80
    except ValueError:
        return 0
