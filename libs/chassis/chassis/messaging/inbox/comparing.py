"""Compares what a service has applied with what the publisher has announced, and fetches the rest.

A digest first; then, of the buckets that differ, each aggregate. A reader's cursors are read before the publisher is
asked: what it has announced by then can only be more, so a cursor that is ahead is ahead for good.

What is fetched begins with the event at the cursor: if the publisher has another one there, the two have parted, and
nothing is applied on top of it. An aggregate of which an event is parked as a conflict differs, whatever its head says.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import Engine, func, literal, select
from sqlalchemy.orm import Session

from chassis.messaging import feed_client
from chassis.messaging.digest import BUCKETS, Head, TypeDigest, empty
from chassis.messaging.envelope import Envelope, JsonObject
from chassis.messaging.inbox import passing
from chassis.messaging.inbox.applied import applied, applied_heads, learn_ids
from chassis.messaging.inbox.conflicts import conflict, park_conflicts
from chassis.messaging.inbox.cursors import KEYS, Cursor
from chassis.messaging.inbox.tables import ParkedState, inbox_cursor, inbox_parked
from chassis.settings import Settings

ItemT = TypeVar("ItemT")

AT_ONCE = 50_000  # aggregates looked at together
ASKED_FOR_AT_ONCE = 50  # aggregates whose missing events are asked for in one request
TRIES = 3  # to see what is under way arrive
EXAMPLES = 20  # aggregates named for each kind

_cursor, _parked = inbox_cursor.c, inbox_parked.c
NOT_BEGUN = Cursor(0, None)
CURSORS = select(_cursor.aggregate, _cursor.version, _cursor.event_id).where(_cursor.aggregate == func.any(KEYS))
IN_CONFLICT = (
    select(_cursor.aggregate, _cursor.version, _cursor.event_id)
    .join(inbox_parked, _parked.aggregate == _cursor.aggregate)
    .where(_parked.state == ParkedState.CONFLICT)
    .distinct()
)
# The next event of these aggregates is there, and can't be applied yet.
HELD_UP = (
    select(_parked.aggregate)
    .join(inbox_cursor, _cursor.aggregate == _parked.aggregate)
    .where(
        _parked.aggregate == func.any(KEYS),
        _parked.version == _cursor.version + literal(1),
        _parked.state != ParkedState.CONFLICT,
    )
)


class Difference(NamedTuple):
    """An aggregate of which the last event here is not the publisher's; `there` is None where it knows none."""

    what: str  # behind, held_up, ahead, conflicting
    aggregate: str
    here: Cursor
    there: Head | None


@dataclass
class TypeAgreement:
    """What was found of one kind of aggregate."""

    type: str
    aggregates: int = 0  # that the publisher has announced
    fetched: int = 0  # events that were missing and came from the publisher
    behind: int = 0  # aggregates whose last event is missing all the same
    held_up: int = 0  # aggregates whose next event is parked
    ahead: int = 0  # aggregates of which more was applied than the publisher knows
    conflicting: int = 0  # aggregates whose last event is another one there
    examples: list[JsonObject] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        return not (self.behind or self.held_up or self.ahead or self.conflicting)

    def note(self, found: Difference) -> None:
        """Counts an aggregate that differs, and keeps some as examples."""
        setattr(self, found.what, getattr(self, found.what) + 1)
        if len(self.examples) < EXAMPLES:
            versions = {"here": found.here.version, "there": found.there.version if found.there else 0}
            self.examples.append({"aggregate": found.aggregate, "what": found.what, **versions})

    def to_dict(self) -> JsonObject:
        """As it is kept and shown."""
        return asdict(self)


class Comparison:
    """Compares with one publisher."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        publisher: str,
        apply: Callable[[Sequence[Envelope]], None] | None,
        wait: Callable[[float], None],
    ) -> None:
        """`apply` applies or parks the events that were fetched, None fetches none; `wait` waits for some seconds."""
        self.settings, self.engine, self.publisher = settings, engine, publisher
        self.apply, self.wait = apply, wait
        self.differences: dict[str, Difference] = {}  # by aggregate

    def compare(self, kinds: Sequence[str], seen_before: Sequence[str]) -> list[TypeAgreement]:
        """What was found of each of `kinds` that the publisher has, or had before; raises one of UNREADABLE."""
        begins = self._begins()
        found = self._compare_since(begins, kinds, seen_before)
        if self.differences and self._begins() != begins:
            # What passed at the publisher meanwhile looks as if it had lost it.
            self.differences.clear()
            return self.compare(kinds, seen_before)
        return found

    def _begins(self) -> dict[str, datetime]:
        """Since when the publisher keeps its kinds that pass."""
        return {kind: at for kind, at in feed_client.kept(self.settings, self.publisher).items() if at is not None}

    def _compare_since(
        self, begins: Mapping[str, datetime], kinds: Sequence[str], seen_before: Sequence[str]
    ) -> list[TypeAgreement]:
        with Session(self.engine) as session, session.begin():
            passing.learn(session, {kind: at for kind, at in begins.items() if kind in kinds})
            here = {each.type: each for each in applied(session, kinds)}
        there = feed_client.digests(self.settings, self.publisher, kinds)
        # A publisher that has lost all of a kind names it no more.
        known = sorted(set(kinds) & {*there, *seen_before})
        return [self._compare(there.get(kind) or empty(kind), here.get(kind) or empty(kind)) for kind in known]

    def _compare(self, there: TypeDigest, here: TypeDigest) -> TypeAgreement:
        found = TypeAgreement(there.type, there.aggregates)
        with Session(self.engine) as session, session.begin():
            parted = session.execute(IN_CONFLICT.where(_cursor.aggregate.startswith(f"{found.type}:"))).all()
        for aggregate, *cursor in parted:
            # First, and whatever the heads say: a later event of the publisher's may have made them equal since.
            self._note(found, "conflicting", aggregate, Cursor(*cursor), None)
        differing = there.differs_in(here)
        aggregates = max(there.aggregates, here.aggregates, 1)
        for buckets in chunks(differing, max(1, BUCKETS * AT_ONCE // aggregates)):
            self._compare_aggregates(found, buckets)
        return found

    def _compare_aggregates(self, found: TypeAgreement, buckets: Sequence[int]) -> None:
        with Session(self.engine) as session, session.begin():
            here = applied_heads(session, found.type, buckets)
        behind: dict[str, Head] = {}
        unknown: list[Head] = []
        for there in feed_client.heads(self.settings, self.publisher, found.type, buckets):
            mine, aggregate = here.pop(there.subject, None), f"{found.type}:{there.subject}"
            if mine is None or mine.version < there.version:
                behind[aggregate] = there
            elif mine.version > there.version:
                self._note(found, "ahead", aggregate, Cursor(mine.version, mine.id), there)
            elif mine.id is None:
                unknown.append(there)
            elif mine.id != there.id:
                self._note(found, "conflicting", aggregate, Cursor(mine.version, mine.id), there)
        with Session(self.engine) as session, session.begin():
            learn_ids(session, found.type, unknown)
            passed = passing.note_passed(session, found.type, list(here))
        for subject in here.keys() - passed:
            cursor = Cursor(here[subject].version, here[subject].id)
            self._note(found, "ahead", f"{found.type}:{subject}", cursor, None)
        self._catch_up(found, behind)

    def _note(self, found: TypeAgreement, what: str, aggregate: str, here: Cursor, there: Head | None) -> None:
        if aggregate not in self.differences:
            self.differences[aggregate] = difference = Difference(what, aggregate, here, there)
            found.note(difference)

    def _catch_up(self, found: TypeAgreement, behind: Mapping[str, Head]) -> None:
        """Fetches and applies what is missing; notes what is missing all the same."""
        parted: set[str] = set()
        for attempt in range(TRIES if self.apply else 0):
            if attempt and behind:
                self.wait(attempt)
            for aggregates in chunks(list(behind), ASKED_FOR_AT_ONCE):
                fetched, others = self._fetch(aggregates)
                found.fetched += fetched
                parted |= others
            cursors, held_up = self._stand(list(behind))
            behind = {
                aggregate: there
                for aggregate, there in behind.items()
                if cursors.get(aggregate, NOT_BEGUN).version < there.version
            }
            if all(aggregate in held_up or aggregate in parted for aggregate in behind):
                break
        cursors, held_up = self._stand(list(behind))
        for aggregate, there in behind.items():
            what = "conflicting" if aggregate in parted else "held_up" if aggregate in held_up else "behind"
            self._note(found, what, aggregate, cursors.get(aggregate, NOT_BEGUN), there)

    def _fetch(self, aggregates: Sequence[str]) -> tuple[int, set[str]]:
        """Applies what the publisher gives after these aggregates' cursors.

        Returns how many events that were, and the aggregates that have another event at their cursor there: that event
        is parked as a conflict.
        """
        cursors, held_up = self._stand(aggregates)
        wanted = {aggregate: cursors.get(aggregate, NOT_BEGUN) for aggregate in aggregates if aggregate not in held_up}
        fetched, parted = 0, set[str]()
        while wanted:
            # With the event at the cursor, by which one sees that what comes after it belongs to what was applied.
            places = {aggregate: max(cursor.version - 1, 0) for aggregate, cursor in wanted.items()}
            events = feed_client.missing(self.settings, self.publisher, places)
            others = [found for event in events if (found := conflict(event, wanted[event.aggregate]))]
            parted |= {other.event.aggregate for other in others}
            if others:
                with Session(self.engine) as session, session.begin():
                    park_conflicts(session, others)
            wanted = {aggregate: cursor for aggregate, cursor in wanted.items() if aggregate not in parted}
            fresh = [
                event
                for event in events
                if event.aggregate in wanted and event.sequence > wanted[event.aggregate].version
            ]
            if not fresh or self.apply is None:
                break
            self.apply(fresh)
            fetched += len(fresh)
            # Of each aggregate, the last one comes last.
            wanted |= {event.aggregate: Cursor(event.sequence, event.id) for event in fresh}
        return fetched, parted

    def _stand(self, aggregates: Sequence[str]) -> tuple[dict[str, Cursor], set[str]]:
        """The cursors of these aggregates, and those that are held up by a parked event."""
        keys = {"keys": list(aggregates)}
        with Session(self.engine) as session, session.begin():
            cursors = {aggregate: Cursor(*cursor) for aggregate, *cursor in session.execute(CURSORS, keys)}
            return cursors, {aggregate for aggregate in session.scalars(HELD_UP, keys) if aggregate is not None}


def chunks(items: Sequence[ItemT], size: int) -> Iterator[list[ItemT]]:
    rest = iter(items)
    while chunk := list(itertools.islice(rest, size)):
        yield chunk
