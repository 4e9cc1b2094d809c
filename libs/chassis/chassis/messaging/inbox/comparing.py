"""Compares what a service has applied with what the publisher has announced, and fetches the rest.

A digest first; then, of the buckets that differ, each aggregate. A reader's cursors are read before the publisher is
asked: what it has announced by then can only be more, so a cursor that is ahead is ahead for good.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TypeVar

from sqlalchemy import Engine, func, literal, select
from sqlalchemy.orm import Session

from chassis.messaging import feed_client
from chassis.messaging.digest import BUCKETS, Head, TypeDigest, empty
from chassis.messaging.envelope import Envelope, JsonObject
from chassis.messaging.inbox import passing
from chassis.messaging.inbox.applied import applied, applied_heads, learn_ids
from chassis.messaging.inbox.cursors import KEYS
from chassis.messaging.inbox.tables import ParkedState, inbox_cursor, inbox_parked
from chassis.settings import Settings

ItemT = TypeVar("ItemT")

AT_ONCE = 50_000  # aggregates looked at together
ASKED_FOR_AT_ONCE = 50  # aggregates whose missing events are asked for in one request
TRIES = 3  # to see what is under way arrive
EXAMPLES = 20  # aggregates named for each kind

_cursor, _parked = inbox_cursor.c, inbox_parked.c
VERSIONS = select(_cursor.aggregate, _cursor.version).where(_cursor.aggregate == func.any(KEYS))
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

    def note(self, what: str, subject: str, here: Head | None, there: Head | None) -> None:
        """Counts an aggregate that differs, and keeps some as examples."""
        setattr(self, what, getattr(self, what) + 1)
        if len(self.examples) < EXAMPLES:
            versions = {"here": here.version if here else 0, "there": there.version if there else 0}
            self.examples.append({"aggregate": f"{self.type}:{subject}", "what": what, **versions})

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
        apply: Callable[[Sequence[Envelope]], None],
        wait: Callable[[float], None],
    ) -> None:
        """`apply` applies or parks the events that were fetched; `wait` waits for some seconds."""
        self.settings, self.engine, self.publisher = settings, engine, publisher
        self.apply, self.wait = apply, wait

    def compare(self, kinds: Sequence[str], seen_before: Sequence[str]) -> list[TypeAgreement]:
        """What was found of each of `kinds` that the publisher has, or had before; raises one of UNREADABLE."""
        begins = {kind: at for kind, at in feed_client.kept(self.settings, self.publisher).items() if at is not None}
        with Session(self.engine) as session, session.begin():
            passing.learn(session, {kind: at for kind, at in begins.items() if kind in kinds})
            here = {each.type: each for each in applied(session, kinds)}
        there = feed_client.digests(self.settings, self.publisher, kinds)
        # A publisher that has lost all of a kind names it no more.
        known = sorted(set(kinds) & {*there, *seen_before})
        return [self._compare(there.get(kind) or empty(kind), here.get(kind) or empty(kind)) for kind in known]

    def _compare(self, there: TypeDigest, here: TypeDigest) -> TypeAgreement:
        found = TypeAgreement(there.type, there.aggregates)
        differing = there.differs_in(here)
        aggregates = max(there.aggregates, here.aggregates, 1)
        for buckets in _chunks(differing, max(1, BUCKETS * AT_ONCE // aggregates)):
            self._compare_aggregates(found, buckets)
        return found

    def _compare_aggregates(self, found: TypeAgreement, buckets: Sequence[int]) -> None:
        with Session(self.engine) as session, session.begin():
            here = applied_heads(session, found.type, buckets)
        behind: dict[str, Head] = {}
        unknown: list[Head] = []
        for there in feed_client.heads(self.settings, self.publisher, found.type, buckets):
            mine = here.pop(there.subject, None)
            if mine is None or mine.version < there.version:
                behind[there.subject] = there
            elif mine.version > there.version:
                found.note("ahead", there.subject, mine, there)
            elif mine.id is None:
                unknown.append(there)
            elif mine.id != there.id:
                found.note("conflicting", there.subject, mine, there)
        with Session(self.engine) as session, session.begin():
            learn_ids(session, found.type, unknown)
            passed = passing.note_passed(session, found.type, list(here))
        for subject in here.keys() - passed:
            found.note("ahead", subject, here[subject], None)
        self._catch_up(found, behind)

    def _catch_up(self, found: TypeAgreement, behind: Mapping[str, Head]) -> None:
        """Fetches and applies what is missing; notes what is missing all the same."""
        versions: dict[str, int] = {}
        held_up: set[str] = set()
        for attempt in range(TRIES):
            if attempt and behind:
                self.wait(attempt)
            for subjects in _chunks(list(behind), ASKED_FOR_AT_ONCE):
                found.fetched += self._fetch([f"{found.type}:{subject}" for subject in subjects])
            versions, held_up = self._stand([f"{found.type}:{subject}" for subject in behind])
            behind = {
                subject: there
                for subject, there in behind.items()
                if versions.get(f"{found.type}:{subject}", 0) < there.version
            }
            if all(f"{found.type}:{subject}" in held_up for subject in behind):
                break
        for subject, there in behind.items():
            aggregate = f"{found.type}:{subject}"
            what = "held_up" if aggregate in held_up else "behind"
            found.note(what, subject, Head(subject, versions.get(aggregate, 0), None), there)

    def _fetch(self, aggregates: Sequence[str]) -> int:
        """Applies what the publisher gives after these aggregates' cursors; returns how many events that were."""
        versions, held_up = self._stand(aggregates)
        wanted = {aggregate: versions.get(aggregate, 0) for aggregate in aggregates if aggregate not in held_up}
        fetched = 0
        while wanted:
            events = feed_client.missing(self.settings, self.publisher, wanted)
            came = {event.aggregate: event.sequence for event in events}  # of each aggregate, the last one comes last
            progress = {
                aggregate: version for aggregate, version in came.items() if version > wanted.get(aggregate, version)
            }
            if not progress:
                break
            self.apply(events)
            fetched += len(events)
            wanted |= progress
        return fetched

    def _stand(self, aggregates: Sequence[str]) -> tuple[dict[str, int], set[str]]:
        """The cursors of these aggregates, and those that are held up by a parked event."""
        keys = {"keys": list(aggregates)}
        with Session(self.engine) as session, session.begin():
            versions = {aggregate: version for aggregate, version in session.execute(VERSIONS, keys)}
            return versions, {aggregate for aggregate in session.scalars(HELD_UP, keys) if aggregate is not None}


def _chunks(items: Sequence[ItemT], size: int) -> Iterator[list[ItemT]]:
    rest = iter(items)
    while chunk := list(itertools.islice(rest, size)):
        yield chunk
