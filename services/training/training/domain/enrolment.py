"""What becomes of those enrolled in a class: hours, sittings of the exam, and the outcome (R33, R56, R58, R59)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from chassis.errors import RuleBroken
from training.domain.criteria import Criterion
from training.domain.rules import Rules
from training.domain.training_class import ClassKind, TrainingClass
from training.events import EnrolmentCompleted


class NotEnrolled(RuleBroken):
    """This person is not enrolled in the class."""

    zh = "该人员未报名参加本期培训班。"


class HoursBeyondBlock(RuleBroken):
    """More hours were entered than the subject block has."""

    zh = "录入学时超过该课程模块的总学时。"
    rule = "R56"


class HoursBeyondSession(RuleBroken):
    """More hours were entered than the session has."""

    zh = "录入学时超过该课次的学时。"
    rule = "R58"


class AttendedBySession(RuleBroken):
    """This class is attended session by session: name the session, and not the subject block."""

    zh = "本期培训班按课次考勤，请填写课次，不填写课程模块。"
    rule = "R58"


class TooManySittings(RuleBroken):
    """The rule set allows no further sitting of the exam."""

    zh = "补考次数已超过规则集的规定。"
    rule = "R59"


@dataclass
class Enrolment:
    """A person's place in a class: the hours attended, the exam's sittings, and the outcome."""

    id: str
    class_id: str
    person_id: str
    enterprise_id: str | None
    division: str
    hours: dict[str, float] = field(default_factory=dict)  # by subject block
    attended: dict[str, float] = field(default_factory=dict)  # by session: "1", "2" …; of a class that has sessions
    scores: dict[str, float] = field(default_factory=dict)  # by sitting: "1", "2" …
    passed: bool | None = None
    shortfalls: list[str] = field(default_factory=list)
    completed_on: date | None = None
    ruleset: int | None = None
    version: int = 0

    @property
    def total_hours(self) -> float:
        """The hours attended of all blocks together."""
        return float(sum(self.hours.values()))

    @property
    def best_score(self) -> float | None:
        """The score of the best sitting; None before the first."""
        return max(self.scores.values(), default=None)

    def attend(self, training_class: TrainingClass, block: str, hours: float) -> None:
        """Enters the hours attended of a block; entering them again replaces them."""
        if training_class.sessions:
            raise AttendedBySession()
        offered = training_class.block(block).hours
        if hours > offered:
            raise HoursBeyondBlock(block=block, block_hours=offered)
        self.hours = {**self.hours, block: hours}

    def attend_session(self, training_class: TrainingClass, number: int, hours: float) -> None:
        """Enters the hours attended of a session; entering them again replaces them."""
        session = training_class.session(number)
        if hours > session.hours:
            raise HoursBeyondSession(session=number, session_hours=session.hours)
        self.attended = {**self.attended, str(number): hours}
        of_block = (str(each.number) for each in training_class.sessions if each.block == session.block)
        self.hours = {**self.hours, session.block: float(sum(self.attended.get(each, 0) for each in of_block))}

    def hours_by_year(self, training_class: TrainingClass) -> dict[int, float]:
        """The hours attended in each calendar year; of a class without sessions, all in the year in which it ended."""
        if not training_class.sessions:
            return {training_class.ends_on.year: self.total_hours}
        years: dict[int, float] = {}
        for session in training_class.sessions:
            hours = self.attended.get(str(session.number), 0)
            years[session.on.year] = years.get(session.on.year, 0) + hours
        return years

    def sit(self, sitting: int, score: float, rules: Rules) -> None:
        """Enters the score of a sitting of the exam; entering it again replaces it."""
        if sitting > 1 + rules.resits:
            raise TooManySittings(sittings_allowed=1 + rules.resits)
        self.scores = {**self.scores, str(sitting): score}

    def attendance(self, training_class: TrainingClass) -> float:
        """The hours attended in percent of the class's."""
        return 100 * self.total_hours / training_class.hours if training_class.hours else 0.0

    def criteria(self, training_class: TrainingClass, rules: Rules) -> list[Criterion]:
        """What the judgement asks, one by one; a continuing class asks for attendance only.

        The hours are those that the class offers; the attendance says how many of them a person must have been there.
        """
        attended = self.attendance(training_class)
        attendance = Criterion(
            "attendance",
            "R58",
            f"{rules.attendance_percent:g} %",
            f"{attended:.1f} %",
            attended >= rules.attendance_percent,
        )
        if training_class.kind != ClassKind.INITIAL:
            return [attendance]
        score = self.best_score
        offered = training_class.hours
        passed = score is not None and score >= rules.pass_mark
        found = "none" if score is None else f"{score:g}"
        return [
            Criterion("hours", "R33", f"{rules.initial_hours:g}", f"{offered:g}", offered >= rules.initial_hours),
            attendance,
            Criterion("score", "R59", f"{rules.pass_mark:g}", found, passed),
        ]

    def complete(self, training_class: TrainingClass, rules: Rules, on: date) -> EnrolmentCompleted:
        """Judges the enrolment by the rule set in force (R59)."""
        criteria = self.criteria(training_class, rules)
        self.shortfalls = [criterion.shortfall() for criterion in criteria if not criterion.met]
        self.passed = not self.shortfalls
        self.completed_on, self.ruleset = on, rules.version
        return EnrolmentCompleted(
            self.id,
            self.class_id,
            self.person_id,
            self.enterprise_id,
            self.total_hours,
            round(self.attendance(training_class), 1),
            self.best_score,
            self.passed,
            on,
            rules.version,
        )
