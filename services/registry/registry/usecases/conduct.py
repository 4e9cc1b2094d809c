"""Recording proposals (R42), problems and hazards (R46), and public service (R49)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.security import audit
from programme import rulesets
from programme.callers import Caller
from registry.domain.conduct import Hazard, Proposal, ProposalDecision, Proposed, PublicService, Served, Spotted
from registry.domain.rules import Rules
from registry.usecases.access import load_appointment, load_seen


@dataclass(frozen=True, kw_only=True)
class MakeProposal(Proposed):
    """Record a proposal to the decision level."""


@dataclass(frozen=True)
class DecideProposal:
    """Record what became of a proposal."""

    decision: ProposalDecision
    on: date
    remark: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReportHazard(Spotted):
    """Report a problem or a hazard."""


@dataclass(frozen=True)
class CloseHazard:
    """It was dealt with on a day, by a measure."""

    on: date
    measure: str


@dataclass(frozen=True, kw_only=True)
class RecordService(Served):
    """Record hours of public service."""


def propose(session: Session, caller: Caller, appointment_id: str, command: MakeProposal, clock: Clock) -> Proposal:
    """Records a proposal of the appointment's holder."""
    today = clock.today()
    appointment = load_appointment(session, caller, appointment_id, today)
    made = Proposal.make(new_id(), appointment, command, today)
    session.add(made)
    audit.record(session, caller, "proposal.made", made.id, {}, clock)
    return made


def decide(session: Session, caller: Caller, proposal_id: str, command: DecideProposal, clock: Clock) -> Proposal:
    """Records the decision level's answer."""
    found = load_seen(session, caller, Proposal, proposal_id, clock.today(), lock=True)
    found.decide(command.decision, command.on, command.remark, clock.today())
    audit.record(session, caller, "proposal.decided", found.id, {"decision": str(command.decision)}, clock)
    return found


def report(session: Session, caller: Caller, appointment_id: str, command: ReportHazard, clock: Clock) -> Hazard:
    """Enters a problem or a hazard that was found."""
    today = clock.today()
    appointment = load_appointment(session, caller, appointment_id, today)
    rules = rulesets.rules_on(session, today, Rules)
    found = Hazard.report(new_id(), appointment, command, caller.subject, today, rules)
    session.add(found)
    audit.record(session, caller, "hazard.reported", found.id, {"kind": str(found.kind)}, clock)
    return found


def close(session: Session, caller: Caller, hazard_id: str, command: CloseHazard, clock: Clock) -> Hazard:
    """It was dealt with."""
    found = load_seen(session, caller, Hazard, hazard_id, clock.today(), lock=True)
    found.close(command.on, command.measure, clock.today())
    audit.record(session, caller, "hazard.closed", found.id, {"on": command.on.isoformat()}, clock)
    return found


def record_service(
    session: Session, caller: Caller, appointment_id: str, command: RecordService, clock: Clock
) -> PublicService:
    """Records hours of the appointment's holder."""
    today = clock.today()
    appointment = load_appointment(session, caller, appointment_id, today)
    made = PublicService.record(new_id(), appointment, command, caller.subject, today)
    session.add(made)
    audit.record(session, caller, "public_service.recorded", made.id, {"hours": made.hours}, clock)
    return made
