"""Major quality-safety incidents and their reports (R45–R47).

The CQO enters them. What was entered is edited or withdrawn by nobody: it is added to. So the enterprise's account
can't hold a report back. The bureau forwards the first report to the province (上报). By when each is due is the rule
set's, by grade.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from chassis.errors import RuleBroken
from registry.domain.enterprise import Enterprise
from registry.domain.rules import Rules
from registry.events import (
    IncidentClosed,
    IncidentForwarded,
    IncidentForwardingOverdue,
    IncidentReportAdded,
    IncidentReported,
    IncidentReportOverdue,
)

EventT = TypeVar("EventT")


class Grade(StrEnum):
    """How grave an incident is; I is the gravest."""

    I = "I"  # noqa: E741 - the grade's own name
    II = "II"
    III = "III"
    IV = "IV"


class ReportKind(StrEnum):
    """Which report it is."""

    FIRST = "first"
    STAGE = "stage"
    FINAL = "final"


class InTheFuture(RuleBroken):
    """What has happened, or became known, can't lie in the future."""

    zh = "发生、知悉或者处置完毕的时间不得晚于现在。"


class KnownBeforeItHappened(RuleBroken):
    """An incident can't have become known before it happened."""

    zh = "知悉时间不得早于发生时间。"


class AlreadyClosed(RuleBroken):
    """The handling of the incident was closed already."""

    zh = "该事件已经处置完毕。"


class NotYetClosed(RuleBroken):
    """The final report follows when the handling is closed; until then add stage reports (R45)."""

    rule = "R45"
    zh = "终报在处置完毕后提交；在此之前请提交续报（R45）。"


class FinalAlready(RuleBroken):
    """The final report has been made; nothing is added after it."""

    zh = "终报已经提交，不再接受续报。"


class AlreadyForwarded(RuleBroken):
    """The province has been told of this incident already."""

    rule = "R45"
    zh = "该事件已经上报省局。"


@dataclass
class IncidentReport:
    """A report as it was made; never changed."""

    incident_id: str
    kind: ReportKind
    content: str
    document: str | None
    reporter: str
    reported_at: datetime
    late: bool
    id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the first report says; `known_at` is when it became known to the enterprise."""

    grade: Grade
    subject: str
    occurred_at: datetime
    known_at: datetime
    content: str
    document: str | None = None


@dataclass(frozen=True)
class Reporter:
    """Who reports: the caller, and the CQO that they are, if they are one. Whom the province hears it from itself
    need not be forwarded."""

    subject: str
    person_id: str | None
    is_province: bool = False


@dataclass(frozen=True)
class Moment:
    """Now, and the day that it is here."""

    now: datetime
    today: date


@dataclass
class Incident:
    """A quality-safety incident in an enterprise."""

    id: str
    enterprise_id: str
    division: str
    person_id: str | None  # the CQO who entered it; None where the bureau did
    grade: Grade
    subject: str
    occurred_at: datetime
    known_at: datetime
    first_due_at: datetime
    ruleset: int
    closed_on: date | None = None
    final_due_on: date | None = None
    final_on: date | None = None
    province_hours: int | None = None  # within which the province is told; None where it entered the incident itself
    province_due_at: datetime | None = None
    forwarded_at: datetime | None = None
    forwarding_document: str | None = None
    version: int = 0

    @classmethod
    def report(
        cls, incident_id: str, enterprise: Enterprise, told: Told, reporter: Reporter, moment: Moment, rules: Rules
    ) -> tuple[Incident, IncidentReport, IncidentReported]:
        """Enters an incident by its first report; late if the rule set's hours since it became known are over."""
        if told.known_at > moment.now:
            raise InTheFuture()
        if told.known_at < told.occurred_at:
            raise KnownBeforeItHappened()
        clocks = rules.incident_clocks[told.grade]
        incident = cls(
            id=incident_id,
            enterprise_id=enterprise.id,
            division=enterprise.division,
            person_id=reporter.person_id,
            grade=told.grade,
            subject=told.subject,
            occurred_at=told.occurred_at,
            known_at=told.known_at,
            first_due_at=told.known_at + timedelta(hours=clocks["first_hours"]),
            ruleset=rules.version,
        )
        if reporter.is_province:
            incident.forwarded_at = moment.now
        else:
            incident.province_hours = clocks["province_hours"]
            incident.province_due_at = moment.now + timedelta(hours=incident.province_hours)
        late = moment.now > incident.first_due_at
        first = incident._report(ReportKind.FIRST, told.content, told.document, reporter, moment, late)
        event = incident._event(IncidentReported, moment.today, late=late, province_hours=incident.province_hours)
        return incident, first, event

    def add(
        self, kind: ReportKind, content: str, document: str | None, reporter: Reporter, moment: Moment
    ) -> tuple[IncidentReport, IncidentReportAdded]:
        """Adds a stage report, or the final one once the handling is closed."""
        if self.final_on is not None:
            raise FinalAlready()
        late = False
        if kind == ReportKind.FINAL:
            if self.final_due_on is None:
                raise NotYetClosed()
            late = moment.today > self.final_due_on
            self.final_on = moment.today
        added = self._report(kind, content, document, reporter, moment, late)
        return added, self._event(IncidentReportAdded, moment.today, kind=str(kind), late=late)

    def close(self, on: date, today: date, rules: Rules) -> IncidentClosed:
        """The handling is done; the final report is due within the rule set's days."""
        if self.closed_on is not None:
            raise AlreadyClosed()
        if on > today:
            raise InTheFuture()
        if on < self.known_at.date():
            raise KnownBeforeItHappened()
        self.closed_on = on
        self.final_due_on = on + timedelta(days=rules.incident_clocks[self.grade]["final_days"])
        return self._event(IncidentClosed, on, final_due_on=self.final_due_on)

    def forward(self, document: str | None, moment: Moment) -> IncidentForwarded:
        """The bureau tells the province; late if the rule set's hours since the first report are over."""
        if self.forwarded_at is not None:
            raise AlreadyForwarded()
        self.forwarded_at, self.forwarding_document = moment.now, document
        late = self.province_due_at is not None and moment.now > self.province_due_at
        return self._event(IncidentForwarded, moment.today, late=late)

    def miss_forwarding(self, today: date) -> IncidentForwardingOverdue | None:
        """Notes that the hours within which the province was to be told are over; None if it was told."""
        if self.forwarded_at is not None or self.province_hours is None:
            return None
        return self._event(IncidentForwardingOverdue, today, province_hours=self.province_hours)

    def miss_final(self, today: date) -> IncidentReportOverdue | None:
        """Notes that the day for the final report has passed; None if it was made."""
        if self.final_on is not None or self.final_due_on is None:
            return None
        return self._event(IncidentReportOverdue, today, final_due_on=self.final_due_on)

    def _event(self, event: Callable[..., EventT], on: date, **more: object) -> EventT:
        return event(
            incident_id=self.id,
            enterprise_id=self.enterprise_id,
            person_id=self.person_id,
            grade=str(self.grade),
            on=on,
            ruleset=self.ruleset,
            **more,
        )

    def _report(
        self, kind: ReportKind, content: str, document: str | None, reporter: Reporter, moment: Moment, late: bool
    ) -> IncidentReport:
        return IncidentReport(self.id, kind, content, document, reporter.subject, moment.now, late)
