"""What a CQO does beside the yearly duties: proposals (R42), problems and hazards (R46), public service (R49)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from chassis.errors import RuleBroken
from registry.domain.appointment import Appointment
from registry.domain.rules import Rules


class OutsideTheOffice(RuleBroken):
    """The day must lie in the holder's time of office, and not in the future."""

    zh = "所填日期应在任职期间，且不得晚于今天。"


class BeforeItBegan(RuleBroken):
    """A decision or a measure can't be older than what it answers, nor lie in the future."""

    zh = "答复或者整改完成的日期不得早于提出或者发现的日期，也不得晚于今天。"


class DecidedFinally(RuleBroken):
    """The proposal was accepted or declined; only one that was deferred is decided again."""

    zh = "该建议已经采纳或者不予采纳；仅暂缓的建议可以再次决定。"


class HazardClosed(RuleBroken):
    """The problem or hazard was dealt with already."""

    zh = "该问题或者隐患已经整改完毕。"


class ProposalDecision(StrEnum):
    """What the decision level made of a proposal."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    DEFERRED = "deferred"


class HazardKind(StrEnum):
    """What was found: a problem of quality management, or a hidden hazard."""

    PROBLEM = "problem"
    HAZARD = "hazard"


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """What the CQO proposes to whom."""

    made_on: date
    addressed_to: str
    content: str


@dataclass
class Proposal:
    """A proposal to the enterprise's decision level."""

    id: str
    division: str
    enterprise_id: str
    person_id: str
    appointment_id: str
    made_on: date
    addressed_to: str
    content: str
    decision: ProposalDecision | None = None
    decided_on: date | None = None
    remark: str | None = None

    @classmethod
    def make(cls, proposal_id: str, appointment: Appointment, proposed: Proposed, today: date) -> Proposal:
        """Records a proposal."""
        require_in_office(appointment, proposed.made_on, today)
        return cls(proposal_id, *_of(appointment), proposed.made_on, proposed.addressed_to, proposed.content)

    def decide(self, decision: ProposalDecision, on: date, remark: str | None, today: date) -> None:
        """Records the decision; a deferred proposal waits for another one."""
        if self.decision not in (None, ProposalDecision.DEFERRED):
            raise DecidedFinally()
        if not (self.decided_on or self.made_on) <= on <= today:
            raise BeforeItBegan()
        self.decision, self.decided_on, self.remark = decision, on, remark


@dataclass(frozen=True, kw_only=True)
class Spotted:
    """What was found when."""

    kind: HazardKind
    found_on: date
    description: str
    measure: str | None = None


@dataclass
class Hazard:
    """A problem or hazard that the CQO reported; it is dealt with, and never edited or withdrawn."""

    id: str
    division: str
    enterprise_id: str
    person_id: str
    appointment_id: str
    kind: HazardKind
    found_on: date
    description: str
    measure: str | None
    reported_by: str
    reported_on: date
    due_on: date
    ruleset: int
    closed_on: date | None = None

    @classmethod
    def report(
        cls, hazard_id: str, appointment: Appointment, spotted: Spotted, by: str, today: date, rules: Rules
    ) -> Hazard:
        """Enters what was found; it is to be dealt with within the rule set's days of the report."""
        require_in_office(appointment, spotted.found_on, today)
        return cls(
            hazard_id,
            *_of(appointment),
            kind=spotted.kind,
            found_on=spotted.found_on,
            description=spotted.description,
            measure=spotted.measure,
            reported_by=by,
            reported_on=today,
            due_on=today + timedelta(days=rules.hazard_days),
            ruleset=rules.version,
        )

    def close(self, on: date, measure: str, today: date) -> None:
        """It was dealt with, by this measure."""
        if self.closed_on is not None:
            raise HazardClosed()
        if not self.found_on <= on <= today:
            raise BeforeItBegan()
        self.closed_on, self.measure = on, measure


@dataclass(frozen=True, kw_only=True)
class Served:
    """An activity, its hours and what shows them."""

    activity: str
    served_on: date
    hours: float
    evidence: str


@dataclass
class PublicService:
    """Hours of unpaid advice or of work for the public."""

    id: str
    division: str
    enterprise_id: str
    person_id: str
    appointment_id: str
    activity: str
    served_on: date
    hours: float
    evidence: str
    recorded_by: str
    recorded_on: date

    @classmethod
    def record(cls, service_id: str, appointment: Appointment, served: Served, by: str, today: date) -> PublicService:
        """Records hours of a day in office."""
        require_in_office(appointment, served.served_on, today)
        told = (served.activity, served.served_on, served.hours, served.evidence)
        return cls(service_id, *_of(appointment), *told, by, today)


def require_in_office(appointment: Appointment, day: date, today: date) -> None:
    """Raises OutsideTheOffice unless the holder was in office on `day`, by today."""
    if not appointment.was_held_on(day, today):
        raise OutsideTheOffice()


def _of(appointment: Appointment) -> tuple[str, str, str, str]:
    return appointment.division, appointment.enterprise_id, appointment.person_id, appointment.id
