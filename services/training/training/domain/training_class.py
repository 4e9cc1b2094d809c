"""Classes of the provincial centre (R55–R58)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from chassis.errors import RuleBroken
from training.domain.rules import Rules
from training.events import ClassClosed, ClassScheduled

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


class ClassIsClosed(RuleBroken):
    """The class has been closed and accepts no more changes."""

    zh = "该培训班已经结业，不再接受变更。"


class ClassNotOver(RuleBroken):
    """The class has not ended yet; close it on its last day or later."""

    zh = "该培训班尚未结束，请在结束当日或之后办理结业。"


class ClassTooShort(RuleBroken):
    """An initial class must offer at least the hours that the rule set requires of a participant."""

    zh = "任职培训班的总学时不得少于规则集规定的学时。"
    rule = "R56"


class BlockUnknown(RuleBroken):
    """The class has no such subject block."""

    zh = "本期培训班没有该课程模块。"
    rule = "R56"


class SessionUnknown(RuleBroken):
    """The class has no session of that number."""

    zh = "本期培训班没有该编号的课次。"
    rule = "R58"


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
    syllabus: str | None = None  # the edition in the year's plan when the class was scheduled
    ruleset: int | None = None  # by which it was announced, and is judged; None for one of an earlier version
    status: ClassStatus = ClassStatus.OPEN
    closed_on: date | None = None
    division: str = PROVINCE
    version: int = 0

    @property
    def hours(self) -> float:
        """The hours of all blocks together."""
        return float(sum(block.hours for block in self.blocks))

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

    def close(self, on: date, passed: int, failed: int) -> ClassClosed:
        """Ends the class, once everybody enrolled has been judged."""
        self.require_open()
        self.require_over(on)
        self.status, self.closed_on = ClassStatus.CLOSED, on
        return ClassClosed(self.id, on, passed, failed)
