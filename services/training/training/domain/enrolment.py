"""What becomes of those enrolled in a class: hours, sittings of the exam, and the outcome (R33, R56, R58, R59)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import count

from chassis.errors import RuleBroken
from training.domain.criteria import Criterion
from training.domain.rules import Rules
from training.domain.training_class import ClassKind, TrainingClass
from training.events import EnrolmentCompleted, EnrolmentRevised


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


class NotJudgedYet(RuleBroken):
    """The class has not been closed yet: enter the results as those of the class."""

    zh = "该培训班尚未结业，请按日常成绩录入。"
    rule = "R59"


class NothingToResit(RuleBroken):
    """A resit is for who has failed an initial class."""

    zh = "补考仅适用于任职培训考核未合格的人员。"
    rule = "R59"


class TooLateToResit(RuleBroken):
    """The days for a resit are over; the training is to be taken again."""

    zh = "已超过补考期限，须重新参加培训。"
    rule = "R59"


class RevisionCause(StrEnum):
    """Why an outcome was judged again."""

    RESIT = "resit"
    CORRECTION = "correction"


@dataclass(frozen=True)
class Grounds:
    """What a revision rests on; a resit rests on nothing else."""

    reason: str | None = None
    document: str | None = None


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

    def revise(
        self, training_class: TrainingClass, rules: Rules, cause: RevisionCause, grounds: Grounds, on: date
    ) -> EnrolmentRevised:
        """Judges again what was judged, after a resit or a correction, by the rules of the class."""
        before = self.passed
        completed = self.complete(training_class, rules, on)
        return EnrolmentRevised(
            self.id,
            self.class_id,
            self.person_id,
            self.enterprise_id,
            cause,
            completed.hours,
            completed.attendance_percent,
            completed.score,
            completed.passed,
            bool(before),
            grounds.reason,
            grounds.document,
            on,
            rules.version,
            completed.resit_until,
        )

    def resit_until(self, training_class: TrainingClass, rules: Rules, on: date) -> date | None:
        """The last day of a resit; None where no sitting is left, or the score is not all that was missing."""
        missing = [criterion.name for criterion in self.criteria(training_class, rules) if not criterion.met]
        if missing != ["score"] or len(self.scores) > rules.resits:
            return None
        last_day = (training_class.closed_on or on) + timedelta(days=rules.resit_days)
        return last_day if on <= last_day else None

    def resit(self, training_class: TrainingClass, score: float, rules: Rules, on: date) -> None:
        """Enters a further sitting of somebody who has failed, after the class was closed and within its days."""
        closed_on = training_class.closed_on
        if closed_on is None:
            raise NotJudgedYet()
        if self.passed or training_class.kind != ClassKind.INITIAL:
            raise NothingToResit()
        last_day = closed_on + timedelta(days=rules.resit_days)
        if on > last_day:
            raise TooLateToResit(last_day=last_day.isoformat())
        # Not by their number: where the second has no score and the third has, that would replace it.
        self.sit(next(sitting for sitting in count(1) if str(sitting) not in self.scores), score, rules)

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
            self.resit_until(training_class, rules, on),
        )
