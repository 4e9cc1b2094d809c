"""Classes of the provincial centre (R55–R58)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from training.domain.changes import differing, take_over
from training.domain.class_refusals import (
    BlockUnknown,
    CapacityBelowTaken,
    ClassHasResults,
    ClassIsCancelled,
    ClassIsClosed,
    ClassNotOver,
    ClassTooShort,
    EndsBeforeItStarts,
    LinkMissing,
    OnlineAtVenue,
    SessionsDontFit,
    SessionUnknown,
    VenueMissing,
)
from training.domain.education import CLASS, ONLINE
from training.domain.rules import Rules
from training.events import ClassCancelled, ClassChanged, ClassClosed, ClassScheduled

# The three blocks that every initial class covers (R56).
BLOCKS = ("cqo_system", "quality_safety_law", "advanced_methods")
PROVINCE = "220000"


class ClassKind(StrEnum):
    """What a class is for: the first certificate, or the yearly hours after it."""

    INITIAL = "initial"
    CONTINUING = "continuing"


class ClassStatus(StrEnum):
    """Whether a class still takes nominations and results."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class ClassMode(StrEnum):
    """How a class is held."""

    ON_SITE = "on_site"
    ONLINE = "online"
    MIXED = "mixed"


@dataclass(frozen=True)
class Block:
    """A subject block of a class: its hours, and who teaches it."""

    name: str
    hours: float
    trainer: str


@dataclass(frozen=True)
class ClassSession:
    """A sitting of the class on one day: a part of a subject block."""

    number: int  # 1, 2, 3 …
    on: date
    block: str
    hours: float


@dataclass(frozen=True)
class ClassWarning:
    """What a class is held in spite of: a code, and the blocks, other classes or year that it is about."""

    code: str  # `trainer_outside_pool`, `venue_taken` or `no_plan`
    about: Sequence[str]


@dataclass(frozen=True)
class Standing:
    """How far a class has come: how many are enrolled, and whether attendance or scores have been entered."""

    taken: int
    has_results: bool


@dataclass
class TrainingClass:
    """A class, open until it is closed on its last day or later. (`class` is a word of the language.)"""

    id: str
    name: str
    kind: ClassKind
    starts_on: date
    ends_on: date
    capacity: int
    blocks: Sequence[Block]
    sessions: Sequence[ClassSession] = ()  # in the order of their numbers; none where only the blocks are kept
    quotas: Mapping[str, int] = field(default_factory=dict)  # places by division (R61)
    quotas_until: date | None = None  # the last day for which they are kept; None: for good
    # Of the year's plan as it was when the class was scheduled; None where there was none.
    syllabus: str | None = None  # the edition for classes of its kind (R55)
    focus: str | None = None  # what training was to be about (R57)
    plan_revision: int | None = None
    ruleset: int | None = None  # by which it was announced, and is judged; None for one of an earlier version
    mode: ClassMode = ClassMode.ON_SITE
    venue: str | None = None  # the address, or the name and address of the venue
    venue_id: str | None = None
    link: str | None = None  # by which an online or mixed class is joined
    trainers: Mapping[str, str] = field(default_factory=dict)  # of the pool, by block
    warnings: Sequence[ClassWarning] = ()
    status: ClassStatus = ClassStatus.OPEN
    closed_on: date | None = None
    invited_on: date | None = (
        None  # when those enrolled were told the days and the venue; who comes later is told at once
    )
    division: str = PROVINCE
    version: int = 0

    @property
    def hours(self) -> float:
        """The hours of all blocks together."""
        return float(sum(block.hours for block in self.blocks))

    @property
    def where(self) -> str | None:
        """Where it is held, as those who are invited read it: the address, the link, or both."""
        return "；".join(part for part in (self.venue, self.link) if part) or None

    def days(self) -> frozenset[date]:
        """The days on which it is held."""
        if self.sessions:
            return frozenset(each.on for each in self.sessions)
        length = (self.ends_on - self.starts_on).days
        return frozenset(self.starts_on + timedelta(days=day) for day in range(length + 1))

    def days_of(self, block: str) -> frozenset[date]:
        """The days on which a block may be taught; without sessions all of the class."""
        return frozenset(each.on for each in self.sessions if each.block == block) or self.days()

    def hours_taught(self, block: str) -> dict[int, float]:
        """The hours of a block by calendar year: by its sessions, or all in that in which the class ended."""
        found: dict[int, float] = {}
        for each in self.sessions:
            if each.block == block:
                found[each.on.year] = found.get(each.on.year, 0) + each.hours
        return found or {self.ends_on.year: self.block(block).hours}

    @property
    def education_kind(self) -> str:
        """As which kind of continuing education its hours count."""
        return ONLINE if self.mode == ClassMode.ONLINE else CLASS

    def schedule(self, rules: Rules) -> ClassScheduled:
        """Announces the class by the rules that hold on its first day; it is judged by them whatever follows."""
        if self.kind == ClassKind.INITIAL and self.hours < rules.initial_hours:
            raise ClassTooShort(hours=self.hours, required_hours=rules.initial_hours)
        self.ruleset = rules.version
        if self.quotas and self.quotas_until is None:
            self.quotas_until = self.starts_on - timedelta(days=rules.quota_release_days)
        return ClassScheduled(self.id, self.name, self.kind, self.starts_on, self.ends_on, self.hours, self.capacity)

    def require_open(self) -> None:
        """Refuses a change to a class that has been closed."""
        if self.status == ClassStatus.CANCELLED:
            raise ClassIsCancelled()
        if self.status != ClassStatus.OPEN:
            raise ClassIsClosed()

    def require_over(self, on: date) -> None:
        """Refuses to close the class before its last day."""
        if on < self.ends_on:
            raise ClassNotOver(ends_on=self.ends_on.isoformat())

    def quotas_on(self, on: date) -> Mapping[str, int]:
        """The quotas that are still kept on that day."""
        return self.quotas if self.quotas_until is None or on <= self.quotas_until else {}

    def block(self, name: str) -> Block:
        """The subject block of that name."""
        for block in self.blocks:
            if block.name == name:
                return block
        raise BlockUnknown(block=name)

    def session(self, number: int) -> ClassSession:
        """The session of that number."""
        if not 1 <= number <= len(self.sessions):
            raise SessionUnknown(session=number, sessions=len(self.sessions))
        return self.sessions[number - 1]

    def change(self, changes: Mapping[str, object], standing: Standing, on: date) -> ClassChanged | None:
        """Takes over what differs, by field: days, sessions, mode, venue, link, trainers, capacity; None if nothing.

        Quotas are kept as long before the first day as they were.
        """
        self.require_open()
        changed = differing(self, changes)
        if not changed:
            return None
        if changed.keys() & {"starts_on", "ends_on", "sessions"} and standing.has_results:
            raise ClassHasResults()
        before = self.starts_on
        take_over(self, changed)
        if self.ends_on < self.starts_on:
            raise EndsBeforeItStarts()
        if self.quotas_until is not None:
            self.quotas_until += self.starts_on - before
        if self.capacity < standing.taken:
            raise CapacityBelowTaken(taken=standing.taken)
        self.require_sessions()
        return ClassChanged(
            self.id, self.name, self.starts_on, self.ends_on, self.capacity, self.mode, self.where, sorted(changed), on
        )

    def require_sessions(self) -> None:
        """Refuses sessions that don't make up the class; over the turn of a year a continuing class needs some."""
        if not self.sessions:
            if self.kind == ClassKind.CONTINUING and self.starts_on.year != self.ends_on.year:
                raise SessionsDontFit()
            return
        offered: dict[str, float] = {}
        for session in self.sessions:
            offered[session.block] = offered.get(session.block, 0) + session.hours
        is_outside = any(not self.starts_on <= session.on <= self.ends_on for session in self.sessions)
        if is_outside or offered != {block.name: block.hours for block in self.blocks}:
            raise SessionsDontFit()

    def require_where(self) -> None:
        """Refuses a class that is held nowhere: on site it needs a venue or an address, online a link, mixed both."""
        if self.mode == ClassMode.ONLINE and (self.venue or self.venue_id):
            raise OnlineAtVenue()
        if self.mode != ClassMode.ONLINE and not self.venue:
            raise VenueMissing()
        if self.mode != ClassMode.ON_SITE and not self.link:
            raise LinkMissing()

    def require_trainers(self) -> None:
        """Refuses trainers of blocks that the class has not."""
        for name in self.trainers:
            self.block(name)

    def name_trainers(self, names: Mapping[str, str]) -> None:
        """Takes over the trainers' names from the pool, by block."""
        self.blocks = [replace(each, trainer=names.get(each.name, each.trainer)) for each in self.blocks]

    def cancel(self, standing: Standing, reason: str, on: date) -> ClassCancelled:
        """The class will not be held."""
        self.require_open()
        if standing.has_results:
            raise ClassHasResults()
        self.status = ClassStatus.CANCELLED
        return ClassCancelled(self.id, self.name, reason, on)

    def opens_soon(self, on: date) -> bool:
        """Whether those enrolled are to be told now when and where it begins; only once True."""
        if self.status != ClassStatus.OPEN or self.invited_on is not None:
            return False
        self.invited_on = on
        return True

    def close(self, on: date, passed: int, failed: int) -> ClassClosed:
        """Ends the class, once everybody enrolled has been judged."""
        self.require_open()
        self.require_over(on)
        self.status, self.closed_on = ClassStatus.CLOSED, on
        return ClassClosed(self.id, on, passed, failed)
