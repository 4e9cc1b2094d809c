"""What waits to be copied into the four databases, and what is announced: outbox, heads and counts.

An event gets its place here as a service's outbox and its readers would give it: the next version of its aggregate, and
its part of the counts of what was announced and applied. Its position in the feed follows from the instant of its
publication, and is given when all are there (`feed.publish`); so are the readers' cursors (`cursors`). An aggregate's
events must all be announced before the next `take`.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple, TypeAlias

from chassis.due import Planned
from notifications.adapters.seals import Seals
from province import days
from province.retention import PASSING, Retention

Row: TypeAlias = dict[str, object]  # by the names of the table's columns
Key: TypeAlias = tuple[str, ...]
Data: TypeAlias = dict[str, Any]  # Any: JSON's values

SERVICES = ("registry", "training", "notifications", "reporting")
EPOCH = 1_700_000_000_000  # milliseconds, in the first ids
STAGED = "outbox_staged"  # the table in which published events wait for their positions
IDS_FOR_A_PART = 1_000_000  # ids and events that one part of the history makes at most
LATER = "9999"  # than all instants
as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # for a jsonb column


class Parties(NamedTuple):
    """Whom an event concerns, by ids."""

    person_id: str | None
    enterprise_id: str | None


NOBODY = Parties(None, None)


class Head(NamedTuple):
    """The last event of an aggregate, and who announced it."""

    service: str
    version: int
    id: str
    division: str | None
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


class Address(NamedTuple):
    """An e-mail address, sealed; from `bad_since` on nobody has it any more."""

    sealed: str
    bad_since: str


class Move(NamedTuple):
    """An enterprise moved to a division."""

    at: str
    division: str


NOTHING = Head("", 0, "", None, "")  # of an aggregate that is new
Reader: TypeAlias = "Callable[[Books, Event], None]"


class Waiting(NamedTuple):
    """A due row that was planned, and whom the event concerns that it was planned because of."""

    row: Planned
    parties: Parties
    division: str | None
    kind: str  # of the event's aggregate


@dataclass
class Kept:
    """What notifications keeps of the others' events while a part of the history is written."""

    rows: dict[str, dict[Key, Row]] = field(default_factory=dict)  # by table and key
    planned: dict[str, list[Waiting]] = field(default_factory=dict)  # by series


@dataclass
class Counts:
    """What is counted over the whole history, part by part."""

    rows: int = 0
    # By service and type: events that were published, those that have passed with them, and the sums of their ids.
    published: Counter[tuple[str, str]] = field(default_factory=Counter)
    id_sums: Counter[tuple[str, str]] = field(default_factory=Counter)
    gone: Counter[tuple[str, str]] = field(default_factory=Counter)  # by service and month: events no longer there
    causes: Counter[str] = field(default_factory=Counter)  # of notices, that have passed
    deliveries: Counter[tuple[date, str, str, str]] = field(default_factory=Counter)  # by day, state, kind, channel
    outcomes: Counter[tuple[str, bool]] = field(default_factory=Counter)  # by class, and whether passed
    # The highest numbers given out: of certificates by year and reporting unit, and of filings.
    certificates: Counter[tuple[int, str]] = field(default_factory=Counter)
    filings: int = 0

    def add(self, other: Counts) -> None:
        """Takes in the counts of another part."""
        self.rows += other.rows
        for name in ("published", "id_sums", "gone", "causes", "deliveries", "outcomes"):
            getattr(self, name).update(getattr(other, name))
        self.certificates |= other.certificates
        self.filings = max(self.filings, other.filings)


def id_of(at: str, name: str) -> str:
    """The UUIDv7 of the moment `at` that stands for a name: the same each time."""
    return _id(at, sha256(name.encode()).hexdigest())


def _id(at: str, noise: str) -> str:
    """One of at least 20 hexadecimal digits."""
    stamp = f"{round(days.moment(at).timestamp() * 1000):012x}"
    variant = "89ab"[int(noise[3], 16) & 3]
    return f"{stamp[:8]}-{stamp[8:]}-7{noise[:3]}-{variant}{noise[4:7]}-{noise[7:19]}"


class Books:
    """The rows by service and table, and the counts, of one part of the history."""

    def __init__(
        self,
        seed: str,
        part: int,
        bound: Mapping[str, tuple[str, ...]],
        readers: Mapping[tuple[str, str], Reader],
        retention: Retention,
        seals: Seals,
    ) -> None:
        """`bound`: the services that read a kind of aggregate; `readers`: what one makes of a type of event."""
        self.rng = random.Random(seed)
        self.bound, self.readers, self.retention, self.seals = bound, readers, retention, seals
        self.rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
        self.made = self.announced = part * IDS_FOR_A_PART  # ids and events
        self.heads: dict[tuple[str, str], Head] = {}  # by kind and id of aggregate
        self.addresses: dict[str, Address] = {}  # of those who have an e-mail address
        self.moves: dict[str, Move] = {}  # of enterprises
        self.kept = Kept()
        self.counts = Counts()

    def new_id(self) -> str:
        """A UUIDv7; as many to a millisecond as a busy day has, so that keys grow as they do in production."""
        self.made += 1
        noise = self.rng.getrandbits(74)
        number = (EPOCH + self.made // 4) << 80 | 7 << 76 | (noise >> 62) << 64 | 2 << 62 | noise & (2**62 - 1)
        text = f"{number:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def new_id_of(self, at: str) -> str:
        """A UUIDv7 of that moment, of what is looked up by the time that its id says."""
        return _id(at, f"{self.rng.getrandbits(80):020x}")

    def home(self, enterprise_id: str | None, division: str | None, at: str) -> str | None:
        """Where an enterprise of `division` lies at that moment: it may have moved."""
        move = self.moves.get(enterprise_id or "")
        return move.division if move is not None and move.at <= at else division

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
        division = self.home(parties.enterprise_id, division, at)
        event = Event(self.new_id(), kind, subject, before.version + 1, data, division, day, at, parties)
        self._enter(service, aggregate, event)
        self.deliver(service, aggregate, event)
        return event

    def deliver(self, service: str, aggregate: str, event: Event) -> None:
        """Counts the event, and hands it to each service whose queue is bound to it."""
        self.heads[aggregate, event.subject] = Head(service, event.version, event.id, event.division, event.at)
        self.counts.published[service, event.type] += 1
        self.counts.id_sums[service, event.type] += int(event.id[-12:], 16)
        for reader in self.bound.get(aggregate, ()):
            apply = self.readers.get((reader, event.type))
            if apply is not None:
                apply(self, event)

    def has_passed(self, service: str, kind: str, day: date) -> None:
        """Counts an event that is no longer there, at its publisher or at any reader."""
        self.counts.published[service, kind] += 1
        self.counts.id_sums[service, kind] += self.rng.getrandbits(48)
        self.counts.gone[service, f"{day:%Y_%m}"] += 1

    def _enter(self, service: str, aggregate: str, event: Event) -> None:
        self.announced += 1
        self.put(
            service,
            STAGED,
            seq=self.announced,
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
        """All rows that wait, by service and table, with the heads of the aggregates announced; forgets them."""
        for (aggregate, subject), head in self.heads.items():
            if aggregate != PASSING or head.at >= self.retention.heads:
                self.put(
                    head.service,
                    "outbox_head",
                    aggregate_type=aggregate,
                    aggregate_id=subject,
                    version=head.version,
                    event_id=head.id,
                    division=head.division,
                    occurred_at=head.at,
                )
        waiting = [(service, table, rows) for (service, table), rows in self.rows.items()]
        self.counts.rows += sum(len(rows) for _, _, rows in waiting)
        self.rows, self.heads = defaultdict(list), {}
        return iter(waiting)
