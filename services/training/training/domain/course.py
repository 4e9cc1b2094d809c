"""Classes of the provincial centre, and what becomes of those enrolled in them (R55–R59)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chassis.errors import RuleBroken
from training.domain.criteria import Criterion
from training.domain.rules import Rules
from training.events import ClassClosed, ClassScheduled, EnrolmentCompleted

INITIAL, CONTINUING = "initial", "continuing"
# The three blocks that every initial class covers (R56).
BLOCKS = ("cqo_system", "quality_safety_law", "advanced_methods")
PROVINCE = "220000"


class ClassIsClosed(RuleBroken):
    """The class has been closed and takes nothing more."""

    zh = "该培训班已经结业，不再接受变更。"


class ClassNotOver(RuleBroken):
    """The class has not ended yet; close it on its last day or later."""

    zh = "该培训班尚未结束，请在结束当日或之后办理结业。"


class ClassTooShort(RuleBroken):
    """An initial class must offer the hours that the rule set asks of who is to pass it."""

    zh = "任职培训班的总学时不得少于规则集规定的学时。"
    rule = "R56"


class BlockUnknown(RuleBroken):
    """The class has no such subject block."""

    zh = "本期培训班没有该课程模块。"
    rule = "R56"


class NotEnrolled(RuleBroken):
    """This person is not enrolled in the class."""

    zh = "该人员未报名参加本期培训班。"


class HoursBeyondBlock(RuleBroken):
    """More hours were entered than the subject block has."""

    zh = "录入学时超过该课程模块的总学时。"
    rule = "R56"


class TooManySittings(RuleBroken):
    """The rule set allows no further sitting of the exam."""

    zh = "补考次数已超过规则集的规定。"
    rule = "R59"


@dataclass
class Plan:
    """The province's plan for a year: what the training is about, by which edition of the syllabus (R55, R57).

    A plan is never overwritten: a change is a further revision, and the last one holds.
    """

    year: int
    revision: int
    focus: str
    syllabus: str
    document: str
    decided_on: date


@dataclass
class Course:
    """A class: `class` is a word of the language, so the code says course."""

    id: str
    name: str
    kind: str
    starts_on: date
    ends_on: date
    capacity: int
    blocks: list[dict[str, Any]]  # {"name", "hours", "trainer"}
    quotas: dict[str, int] = field(default_factory=dict)  # places by division (R61)
    syllabus: str | None = None  # the edition in the year's plan when the class was scheduled
    status: str = "open"
    closed_on: date | None = None
    division: str = PROVINCE
    version: int = 0

    @property
    def hours(self) -> float:
        return float(sum(block["hours"] for block in self.blocks))

    def schedule(self, rules: Rules) -> ClassScheduled:
        """Announces the class; `rules` hold on its first day."""
        if self.kind == INITIAL and self.hours < rules.initial_hours:
            raise ClassTooShort(hours=self.hours, required_hours=rules.initial_hours)
        return ClassScheduled(self.id, self.name, self.kind, self.starts_on, self.ends_on, self.hours, self.capacity)

    def require_open(self) -> None:
        if self.status != "open":
            raise ClassIsClosed()

    def require_over(self, on: date) -> None:
        if on < self.ends_on:
            raise ClassNotOver(ends_on=self.ends_on.isoformat())

    def block(self, name: str) -> dict[str, Any]:
        """The subject block of that name."""
        for block in self.blocks:
            if block["name"] == name:
                return block
        raise BlockUnknown(block=name)

    def close(self, on: date, passed: int, failed: int) -> ClassClosed:
        """Ends the class, once everybody enrolled has been judged."""
        self.require_open()
        self.require_over(on)
        self.status, self.closed_on = "closed", on
        return ClassClosed(self.id, on, passed, failed)


@dataclass
class Enrolment:
    """A person's place in a class: the hours attended, the exam's sittings, and the outcome."""

    id: str
    class_id: str
    person_id: str
    enterprise_id: str | None
    division: str
    hours: dict[str, float] = field(default_factory=dict)  # by subject block
    scores: dict[str, float] = field(default_factory=dict)  # by sitting: "1", "2" …
    passed: bool | None = None
    shortfalls: list[str] = field(default_factory=list)
    completed_on: date | None = None
    ruleset: int | None = None
    version: int = 0

    @property
    def total_hours(self) -> float:
        return float(sum(self.hours.values()))

    @property
    def best_score(self) -> float | None:
        return max(self.scores.values(), default=None)

    def attend(self, course: Course, block: str, hours: float) -> None:
        """Enters the hours attended of a block; entering them again replaces them."""
        if hours > course.block(block)["hours"]:
            raise HoursBeyondBlock(block=block, block_hours=course.block(block)["hours"])
        self.hours = {**self.hours, block: hours}

    def sit(self, sitting: int, score: float, rules: Rules) -> None:
        """Enters the score of a sitting of the exam; entering it again replaces it."""
        if sitting > 1 + rules.resits:
            raise TooManySittings(sittings_allowed=1 + rules.resits)
        self.scores = {**self.scores, str(sitting): score}

    def attendance(self, course: Course) -> float:
        """The hours attended in percent of the class's."""
        return 100 * self.total_hours / course.hours if course.hours else 0.0

    def criteria(self, course: Course, rules: Rules) -> list[Criterion]:
        """What the judgement asks, one by one; a continuing class asks for attendance only."""
        attended = self.attendance(course)
        asked = [
            Criterion(
                "attendance",
                "R58",
                f"{rules.attendance_percent:g} %",
                f"{attended:.1f} %",
                attended >= rules.attendance_percent,
            )
        ]
        if course.kind != INITIAL:
            return asked
        score = self.best_score
        enough = self.total_hours >= rules.initial_hours
        passed = score is not None and score >= rules.pass_mark
        found = "none" if score is None else f"{score:g}"
        return [
            Criterion("hours", "R33", f"{rules.initial_hours:g}", f"{self.total_hours:g}", enough),
            *asked,
            Criterion("score", "R59", f"{rules.pass_mark:g}", found, passed),
        ]

    def complete(self, course: Course, rules: Rules, on: date) -> EnrolmentCompleted:
        """Judges the enrolment by the rule set in force (R59)."""
        self.shortfalls = [asked.shortfall() for asked in self.criteria(course, rules) if not asked.met]
        self.passed = not self.shortfalls
        self.completed_on, self.ruleset = on, rules.version
        return EnrolmentCompleted(
            self.id,
            self.class_id,
            self.person_id,
            self.enterprise_id,
            self.total_hours,
            round(self.attendance(course), 1),
            self.best_score,
            self.passed,
            on,
            rules.version,
        )
