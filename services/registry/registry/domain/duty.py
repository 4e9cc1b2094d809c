"""The annual duty record of an appointment (R35–R44): a plan for the year, and the CQO's own report of it, by duty.

owed → draft → submitted → noted by the bureau
                         → returned, to be revised → submitted

What was submitted is never edited: it is revised, and every revision is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeVar

from chassis.errors import RuleBroken
from registry.domain.appointment import Appointment, AppointmentHistory, AppointmentStatus, status_on
from registry.domain.bilingual import Bilingual
from registry.domain.rules import Rules
from registry.events import DutyReportNoted, DutyReportOverdue, DutyReportReturned, DutyReportSubmitted

EventT = TypeVar("EventT")

LONGEST_YEAR = 366  # days


class Duty(StrEnum):
    """The sections of a plan and of a report."""

    LAW_AND_POLICY = "law_and_policy"
    STRATEGY_AND_PLANNING = "strategy_and_planning"
    INSPECTION_AND_REWARDS = "inspection_and_rewards"
    MANAGEMENT_SYSTEM = "management_system"
    METHODS_AND_STATISTICS = "methods_and_statistics"
    TRAINING_AND_SATISFACTION = "training_and_satisfaction"
    QUALITY_CULTURE = "quality_culture"
    PROPOSALS = "proposals"
    RESPONSIBILITY_OF_POSTS = "responsibility_of_posts"
    CHECKS_OF_PRODUCTION = "checks_of_production"


class Section(NamedTuple):
    """A duty's number in the source's reading, and its name."""

    rule: str
    name: Bilingual


SECTIONS = {
    Duty.LAW_AND_POLICY: Section("R35", Bilingual("执行质量法律、法规及政策", "Quality law and policy")),
    Duty.STRATEGY_AND_PLANNING: Section("R36", Bilingual("质量战略和计划", "Quality strategy and planning")),
    Duty.INSPECTION_AND_REWARDS: Section(
        "R37", Bilingual("质量检控和考核奖惩", "Inspection and control, appraisal and rewards")
    ),
    Duty.MANAGEMENT_SYSTEM: Section("R38", Bilingual("质量管理体系", "Quality management system")),
    Duty.METHODS_AND_STATISTICS: Section(
        "R39", Bilingual("先进质量管理方法和质量统计分析", "Advanced methods and statistics")
    ),
    Duty.TRAINING_AND_SATISFACTION: Section(
        "R40", Bilingual("质量人才培训和顾客满意度测量", "Training of quality staff, and customer satisfaction")
    ),
    Duty.QUALITY_CULTURE: Section("R41", Bilingual("质量文化", "Quality culture")),
    Duty.PROPOSALS: Section("R42", Bilingual("向决策层提出措施建议", "Proposals to the decision level")),
    Duty.RESPONSIBILITY_OF_POSTS: Section(
        "R43", Bilingual("各岗位质量工作责任的监督检查", "Supervision of the posts' responsibilities")
    ),
    Duty.CHECKS_OF_PRODUCTION: Section(
        "R44", Bilingual("原料进厂、生产过程、出厂检验把关", "Checks of raw material, process and outgoing goods")
    ),
}


class DutyPaper(StrEnum):
    """Which of the two papers of a year it is."""

    PLAN = "plan"
    REPORT = "report"


class DutyStatus(StrEnum):
    """How far a paper has come."""

    OWED = "owed"  # nothing was written by its day
    DRAFT = "draft"
    SUBMITTED = "submitted"
    NOTED = "noted"
    RETURNED = "returned"


UNSUBMITTED = (DutyStatus.OWED, DutyStatus.DRAFT)


class NotInOfficeThatYear(RuleBroken):
    """The appointment was not in force in that year."""

    zh = "该聘任在所填年度内不在任期。"


class YearTooEarly(RuleBroken):
    """A plan is made for this year or the next, and a report of a year that has begun."""

    zh = "年度计划只能填报本年度或者下一年度，年度报告不得早于该年度。"


class NothingToSubmit(RuleBroken):
    """There is no draft to submit; write one first."""

    zh = "没有待提交的草稿，请先填写。"


class SectionsMissing(RuleBroken):
    """Each of the duties R35 to R44 needs a section; `sections` names those without one."""

    zh = "每项职责（R35—R44）均须填写，sections 中列出了缺少的部分。"


class NotWithTheBureau(RuleBroken):
    """There is nothing submitted that the bureau has yet to note or to return."""

    zh = "没有待审阅的已提交文本。"


@dataclass
class DutyRevision:
    """What was written, by duty; a draft until it is submitted, and never changed after that."""

    duty_report_id: str
    number: int
    sections: dict[str, str]
    written_by: str
    written_at: datetime
    submitted_by: str | None = None
    submitted_at: datetime | None = None
    id: int | None = None


@dataclass(frozen=True)
class Writer:
    """Who writes or submits, when."""

    subject: str
    at: datetime
    on: date


@dataclass
class DutyReport:
    """One paper of an appointment's year."""

    id: str
    division: str
    enterprise_id: str
    person_id: str
    appointment_id: str
    year: int
    paper: DutyPaper
    due_on: date | None  # None of a plan of the year in which the holder took office after its day
    ruleset: int
    status: DutyStatus = DutyStatus.OWED
    submitted_on: date | None = None  # for the first time, by which lateness is judged
    late: bool | None = None
    decided_on: date | None = None
    return_reason: str | None = None
    overdue_on: date | None = None  # the day on which that was announced
    version: int = 0

    @classmethod
    def of(cls, report_id: str, appointment: Appointment, year: int, paper: DutyPaper, rules: Rules) -> DutyReport:
        """A paper of which nothing is written yet."""
        day = due_day(paper, year, rules)
        return cls(
            id=report_id,
            division=appointment.division,
            enterprise_id=appointment.enterprise_id,
            person_id=appointment.person_id,
            appointment_id=appointment.id,
            year=year,
            paper=paper,
            due_on=day if appointment.appointed_on <= day else None,
            ruleset=rules.version,
        )

    def write(self, sections: Mapping[str, str], last: DutyRevision | None, writer: Writer) -> DutyRevision | None:
        """Writes the draft. Returns the revision that begins, if `last` is none or was submitted."""
        if self.status == DutyStatus.OWED:
            self.status = DutyStatus.DRAFT
        if last is not None and last.submitted_at is None:
            last.sections, last.written_by, last.written_at = dict(sections), writer.subject, writer.at
            return None
        number = last.number + 1 if last else 1
        return DutyRevision(self.id, number, dict(sections), writer.subject, writer.at)

    def submit(self, draft: DutyRevision | None, writer: Writer) -> DutyReportSubmitted:
        """Submits the draft; late by the day of the first submission."""
        if draft is None or draft.submitted_at is not None:
            raise NothingToSubmit()
        missing = [str(duty) for duty in Duty if duty not in draft.sections]
        if missing:
            raise SectionsMissing(sections=missing)
        draft.submitted_by, draft.submitted_at = writer.subject, writer.at
        if self.submitted_on is None:
            self.submitted_on, self.late = writer.on, self.due_on is not None and writer.on > self.due_on
        self.status, self.decided_on, self.return_reason = DutyStatus.SUBMITTED, None, None
        return self._event(DutyReportSubmitted, writer.on, revision=draft.number, late=bool(self.late))

    def take_note(self, on: date) -> DutyReportNoted:
        """The bureau has read what was submitted."""
        self._require_submitted()
        self.status, self.decided_on = DutyStatus.NOTED, on
        return self._event(DutyReportNoted, on)

    def give_back(self, reason: str, on: date) -> DutyReportReturned:
        """The bureau returns what was submitted, to be revised."""
        self._require_submitted()
        self.status, self.decided_on, self.return_reason = DutyStatus.RETURNED, on, reason
        return self._event(DutyReportReturned, on)

    def miss(self, on: date) -> DutyReportOverdue | None:
        """Notes that its day has passed; None if it was submitted, or announced before."""
        if self.status not in UNSUBMITTED or self.overdue_on is not None or self.due_on is None:
            return None
        self.overdue_on = on
        return self._event(DutyReportOverdue, on, due_on=self.due_on)

    def _require_submitted(self) -> None:
        if self.status != DutyStatus.SUBMITTED:
            raise NotWithTheBureau()

    def _event(self, event: Callable[..., EventT], on: date, **more: object) -> EventT:
        return event(
            duty_report_id=self.id,
            appointment_id=self.appointment_id,
            enterprise_id=self.enterprise_id,
            person_id=self.person_id,
            paper=str(self.paper),
            year=self.year,
            on=on,
            ruleset=self.ruleset,
            **more,
        )


def due_day(paper: DutyPaper, year: int, rules: Rules) -> date:
    """The last day for a paper: so many days into the year, or into the year after."""
    if paper == DutyPaper.PLAN:
        return date(year, 1, 1) + timedelta(days=rules.duty_plan_days - 1)
    return date(year + 1, 1, 1) + timedelta(days=rules.duty_report_days - 1)


def first_year(paper: DutyPaper, appointed_on: date, today: date, rules: Rules) -> int:
    """The first year of which the paper can still be overdue, for an appointment that is entered today."""
    year = appointed_on.year
    while due_day(paper, year, rules) < max(today, appointed_on):
        year += 1
    return year


def require_year(appointment: Appointment, paper: DutyPaper, year: int, today: date) -> None:
    """Raises what forbids that this paper is written of that year."""
    last = appointment.ended_on.year if appointment.ended_on else year
    if not appointment.appointed_on.year <= year <= last:
        raise NotInOfficeThatYear()
    if year > today.year + (paper == DutyPaper.PLAN):
        raise YearTooEarly()


def is_owed(paper: DutyPaper, year: int, history: Sequence[AppointmentHistory], rules: Rules) -> bool:
    """Whether the paper is asked for: a plan of who is active on its day, a report of who was for long enough.

    A rule set that asks for more days than a year has asks for neither.
    """
    if paper == DutyPaper.PLAN:
        return (
            rules.duty_least_days <= LONGEST_YEAR
            and status_on(history, due_day(paper, year, rules)) == AppointmentStatus.ACTIVE
        )
    return active_days(year, history) >= rules.duty_least_days


def active_days(year: int, history: Sequence[AppointmentHistory]) -> int:
    """On how many days of the year the appointment was active, and not suspended; `history` as it was said."""
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    turns = sorted({first, *(record.on for record in history if first < record.on < after)})
    spans = zip(turns, [*turns[1:], after], strict=True)
    return sum((end - begin).days for begin, end in spans if status_on(history, begin) == AppointmentStatus.ACTIVE)
