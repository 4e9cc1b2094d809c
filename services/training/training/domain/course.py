"""Classes and what becomes of those enrolled in them (R17, R56–R59, R61)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chassis.errors import RuleBroken
from training.domain.rules import Rules
from training.events import ClassClosed, ClassScheduled, EnrolmentCompleted, NominationSubmitted

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


class ClassIsFull(RuleBroken):
    """The class has no place left."""

    zh = "该培训班名额已满。"
    rule = "R61"


class AlreadyNominated(RuleBroken):
    """This person has already been nominated for the class."""

    zh = "该人员已被推荐参加本期培训班。"
    rule = "R61"


class NotOfThisEnterprise(RuleBroken):
    """An enterprise nominates its own people only, and this person is not recorded as one of them."""

    zh = "企业只能推荐本单位人员，该人员不属于该企业。"
    rule = "R17"


class UnknownHere(RuleBroken):
    """This person or enterprise is not known here (yet); if it was just registered, try again in a moment."""

    zh = "本系统尚无该人员或企业的信息；如刚刚登记，请稍后重试。"


class NotEnrolled(RuleBroken):
    """This person is not enrolled in the class."""

    zh = "该人员未报名参加本期培训班。"


class BlockUnknown(RuleBroken):
    """The class has no such subject block."""

    zh = "本期培训班没有该课程模块。"
    rule = "R56"


class HoursBeyondBlock(RuleBroken):
    """More hours were entered than the subject block has."""

    zh = "录入学时超过该课程模块的总学时。"


class TooManySittings(RuleBroken):
    """The rule set allows no further sitting of the exam."""

    zh = "补考次数已超过规则集的规定。"
    rule = "R59"


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
    status: str = "open"
    closed_on: date | None = None
    division: str = PROVINCE
    version: int = 0

    @property
    def hours(self) -> float:
        return float(sum(block["hours"] for block in self.blocks))

    def schedule(self) -> ClassScheduled:
        return ClassScheduled(
            self.id, self.name, self.kind, self.starts_on, self.ends_on, self.hours, self.capacity
        )

    def require_open(self) -> None:
        if self.status != "open":
            raise ClassIsClosed()

    def block(self, name: str) -> dict[str, Any]:
        """The subject block of that name."""
        for block in self.blocks:
            if block["name"] == name:
                return block
        raise BlockUnknown(block=name)

    def close(self, on: date, passed: int, failed: int) -> ClassClosed:
        self.require_open()
        if on < self.ends_on:
            raise ClassNotOver(ends_on=self.ends_on.isoformat())
        self.status, self.closed_on = "closed", on
        return ClassClosed(self.id, on, passed, failed)


@dataclass
class Nomination:
    """An enterprise's recommendation of a person for a class (R17)."""

    id: str
    class_id: str
    enterprise_id: str
    person_id: str
    division: str
    submitted_on: date
    version: int = 0

    def submit(self, course: Course) -> NominationSubmitted:
        return NominationSubmitted(
            self.id, self.class_id, course.name, self.enterprise_id, self.person_id, self.submitted_on
        )


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

    def complete(self, course: Course, rules: Rules, on: date) -> EnrolmentCompleted:
        """Judges the enrolment by the rule set in force (R59)."""
        attended = 100 * self.total_hours / course.hours if course.hours else 0.0
        self.shortfalls = list(self._shortfalls(course, attended, rules))
        self.passed = not self.shortfalls
        self.completed_on, self.ruleset = on, rules.version
        return EnrolmentCompleted(
            self.id,
            self.class_id,
            self.person_id,
            self.enterprise_id,
            self.total_hours,
            round(attended, 1),
            self.best_score,
            self.passed,
            on,
            rules.version,
        )

    def _shortfalls(self, course: Course, attended: float, rules: Rules) -> Any:
        required = rules.initial_hours if course.kind == INITIAL else 0.0
        if self.total_hours < required:
            yield f"hours {self.total_hours:g} of {required:g}"
        if attended < rules.attendance_percent:
            yield f"attendance {attended:.1f} % of {rules.attendance_percent:g} %"
        if course.kind == INITIAL and (self.best_score is None or self.best_score < rules.pass_mark):
            yield f"score {self.best_score if self.best_score is not None else 'none'} of {rules.pass_mark:g}"
