"""What waits to be copied into the four databases, and what is announced: outbox, feed, cursors and counts.

An event gets its place here as a service's outbox, relay and readers would give it: the next version of its aggregate,
a cursor at each service whose queue is bound to it, and its part of the counts of what was applied. Its position in the
feed follows from the instant of its publication, and is given when all are there (`databases.publish`). An aggregate's
events must all be announced before the next `take`.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

from province import days

Row: TypeAlias = dict[str, object]  # by the names of the table's columns
Data: TypeAlias = dict[str, Any]  # Any: JSON's values

SERVICES = ("registry", "training", "notifications", "reporting")
EPOCH = 1_700_000_000_000  # milliseconds, in the first ids
STAGED = "outbox_staged"  # the table in which published events wait for their positions


class Parties(NamedTuple):
    """Whom an event concerns, by ids."""

    person_id: str | None
    enterprise_id: str | None


NOBODY = Parties(None, None)


class Head(NamedTuple):
    """The last event of an aggregate."""

    version: int
    id: str
    at: str


class Event(NamedTuple):
    """An event that was announced, as its readers get it."""

    id: str
    type: str
    subject: str
    version: int
    data: Data
    division: str | None
    day: date
    at: str  # when it occurred
    parties: Parties


NOTHING = Head(0, "", "")  # of an aggregate that is new
Reader: TypeAlias = "Callable[[Books, Event], None]"


class Books:
    """The rows by service and table, and the counters that go on from one `take` to the next."""

    def __init__(
        self,
        seed: int,
        bound: Mapping[str, tuple[str, ...]],
        handled: Mapping[str, frozenset[str]],
        readers: Mapping[tuple[str, str], Reader],
    ) -> None:
        """`bound`: the services that read a kind of aggregate; `handled`: the types for which a service has a handler;

        `readers`: what a service makes of a type of event.
        """
        self.rng = random.Random(seed)
        self.bound, self.handled, self.readers = bound, handled, readers
        self.rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
        self.announced = Counter[str]()  # events, by service
        self.made = 0  # ids
        self.heads: dict[tuple[str, str], Head] = {}  # by kind and id of aggregate
        self.applied: dict[str, Counter[str]] = defaultdict(Counter)
        self.moved: dict[str, Counter[str]] = defaultdict(Counter)
        self.id_sums: dict[str, Counter[str]] = defaultdict(Counter)

    def new_id(self) -> str:
        """A UUIDv7; as many to a millisecond as a busy day has, so that keys grow as they do in production."""
        self.made += 1
        noise = self.rng.getrandbits(74)
        number = (EPOCH + self.made // 4) << 80 | 7 << 76 | (noise >> 62) << 64 | 2 << 62 | noise & (2**62 - 1)
        text = f"{number:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def put(self, service: str, table: str, **columns: object) -> None:
        """A row; all rows of a table name the same columns."""
        self.rows[service, table].append(columns)

    def announce(
        self,
        service: str,
        kind: str,
        subject: str,
        data: Data,
        division: str | None,
        day: date,
        parties: Parties = NOBODY,
    ) -> Event:
        """An event of type `kind`, published on its day."""
        aggregate = kind.partition(".")[0]
        before = self.heads.get((aggregate, subject), NOTHING)
        at = max(before.at, days.instant(day, self.rng.randrange(28_000)))
        event = Event(self.new_id(), kind, subject, before.version + 1, data, division, day, at, parties)
        self.heads[aggregate, subject] = Head(event.version, event.id, at)
        self._enter(service, aggregate, event)
        self.deliver(aggregate, event)
        return event

    def deliver(self, aggregate: str, event: Event) -> None:
        """The event at each service whose queue is bound to it."""
        for reader in self.bound.get(aggregate, ()):
            if event.type not in self.handled[reader]:
                self.moved[reader][event.type] += 1
                continue
            self.applied[reader][event.type] += 1
            self.id_sums[reader][event.type] += int(event.id[-12:], 16)
            apply = self.readers.get((reader, event.type))
            if apply is not None:
                apply(self, event)

    def _enter(self, service: str, aggregate: str, event: Event) -> None:
        self.announced[service] += 1
        self.put(
            service,
            STAGED,
            seq=self.announced[service],
            id=event.id,
            aggregate_type=aggregate,
            aggregate_id=event.subject,
            aggregate_version=event.version,
            type=event.type,
            data=as_json(event.data),
            division=event.division,
            correlation_id=None,
            occurred_at=event.at,
            published_at=event.at,
        )

    def version_of(self, aggregate: str, subject: str) -> int:
        """The version an aggregate stands at."""
        return self.heads[aggregate, subject].version

    def take(self) -> Iterator[tuple[str, str, list[Row]]]:
        """All rows that wait, by service and table, with the cursors of the aggregates announced; forgets them."""
        cursors = [(reader, "inbox_cursor", rows) for reader, rows in self._cursors().items()]
        waiting = [(service, table, rows) for (service, table), rows in self.rows.items() if rows]
        self.rows, self.heads = defaultdict(list), {}
        return chain(waiting, cursors)

    def _cursors(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for (aggregate, subject), head in self.heads.items():
            row: Row = {
                "aggregate": f"{aggregate}:{subject}",
                "version": head.version,
                "event_id": head.id,
                "event_time": head.at,
            }
            for reader in self.bound.get(aggregate, ()):
                found[reader].append(row)
        return found

    def counts(self) -> Iterator[tuple[str, Row]]:
        """The rows of `inbox_applied` of each service, at the end."""
        for reader in SERVICES:
            for kind in sorted({*self.applied[reader], *self.moved[reader]}):
                applied, moved = self.applied[reader][kind], self.moved[reader][kind]
                id_sum = self.id_sums[reader][kind]
                yield reader, {"type": kind, "lane": 0, "applied": applied, "moved": moved, "id_sum": id_sum}


def as_json(value: object) -> str:
    """As JSON text, for a jsonb column."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
