"""Reporting an incident, adding to it, closing it (R45–R47): nothing that was entered can be edited or withdrawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import Clock, day_of
from chassis.data import load
from chassis.ids import new_id
from chassis.json_types import JsonObject
from chassis.messaging import outbox
from chassis.security import audit
from programme import rulesets
from programme.callers import Caller, Role
from registry.domain.incident import Incident, Moment, Reporter, ReportKind, Told
from registry.domain.rules import Rules
from registry.usecases.access import load_enterprise, load_incident

FINAL_REPORT = "incident.final_report"
FORWARDING = "incident.forwarding"


@dataclass(frozen=True, kw_only=True)
class ReportIncident(Told):
    """Report an incident in an enterprise."""


@dataclass(frozen=True)
class AddReport:
    """Add a stage report or the final one."""

    kind: ReportKind
    content: str
    document: str | None = None


@dataclass(frozen=True)
class CloseIncident:
    """The handling was done on a day."""

    on: date


@dataclass(frozen=True)
class ForwardIncident:
    """Tell the province, under a document's number where there is one."""

    document: str | None = None


def report(session: Session, caller: Caller, enterprise_id: str, command: ReportIncident, clock: Clock) -> Incident:
    """Enters an incident by its first report: the CQO of the enterprise does, or the bureau."""
    moment = _moment(clock)
    enterprise = load_enterprise(session, caller, enterprise_id, moment.today)
    rules = rulesets.rules_on(session, moment.today, Rules)
    incident, first, event = Incident.report(new_id(), enterprise, command, _reporter(caller), moment, rules)
    session.add(incident)
    outbox.add(session, incident, event, clock)
    session.flush()  # The report refers to it.
    session.add(first)
    _plan_forwarding(session, incident, moment)
    details: JsonObject = {"grade": str(incident.grade), "late": first.late}
    audit.record(session, caller, "incident.reported", incident.id, details, clock)
    return incident


def add_report(session: Session, caller: Caller, incident_id: str, command: AddReport, clock: Clock) -> Incident:
    """Adds a report; the final one ends the clock."""
    moment = _moment(clock)
    if command.kind == ReportKind.FINAL:
        due.cancel(session, incident_id)  # before the incident, in the order in which the sweep locks
    incident = load_incident(session, caller, incident_id, moment.today, lock=True)
    added, event = incident.add(command.kind, command.content, command.document, _reporter(caller), moment)
    session.add(added)
    outbox.add(session, incident, event, clock)
    details: JsonObject = {"kind": str(command.kind), "late": added.late}
    audit.record(session, caller, "incident.report_added", incident.id, details, clock)
    return incident


def forward(session: Session, caller: Caller, incident_id: str, command: ForwardIncident, clock: Clock) -> Incident:
    """The bureau tells the province of an incident."""
    moment = _moment(clock)
    due.cancel(session, _forwarding_of(incident_id))  # before the incident, in the order in which the sweep locks
    incident = load_incident(session, caller, incident_id, moment.today, lock=True)
    event = incident.forward(command.document, moment)
    outbox.add(session, incident, event, clock)
    details: JsonObject = {"document": command.document, "late": event.late}
    audit.record(session, caller, "incident.forwarded", incident.id, details, clock)
    return incident


def close(session: Session, caller: Caller, incident_id: str, command: CloseIncident, clock: Clock) -> Incident:
    """Closes the handling; the final report is due from then on."""
    today = clock.today()
    incident = load_incident(session, caller, incident_id, today, lock=True)
    event = incident.close(command.on, today, rulesets.rules_on(session, command.on, Rules))
    outbox.add(session, incident, event, clock)
    # The day after: on the last day itself it is still in time.
    payload = {"incident_id": incident.id}
    due.plan(session, FINAL_REPORT, incident.id, incident.id, event.final_due_on + timedelta(days=1), payload)
    audit.record(session, caller, "incident.closed", incident.id, {"on": command.on.isoformat()}, clock)
    return incident


def miss_final_reports(session: Session, incident_ids: Iterable[str], clock: Clock) -> None:
    """Announces that these incidents' final reports were not made in time; called once for each."""
    _miss(session, incident_ids, Incident.miss_final, clock)


def miss_forwardings(session: Session, incident_ids: Iterable[str], clock: Clock) -> None:
    """Announces that the province was not told of these incidents in time; called once for each."""
    _miss(session, incident_ids, Incident.miss_forwarding, clock)


def _miss(
    session: Session, incident_ids: Iterable[str], miss: Callable[[Incident, date], outbox.Event | None], clock: Clock
) -> None:
    for incident_id in sorted(incident_ids):  # few: major incidents
        incident = load(session, Incident, incident_id, lock=True)
        overdue = miss(incident, clock.today())
        if overdue:
            outbox.add(session, incident, overdue, clock)


def _plan_forwarding(session: Session, incident: Incident, moment: Moment) -> None:
    if incident.province_due_at is None:
        return
    wait, day = incident.province_due_at - moment.now, day_of(incident.province_due_at)
    payload = {"incident_id": incident.id}
    due.plan(session, FORWARDING, _forwarding_of(incident.id), incident.id, day, payload, wait=wait)


def _forwarding_of(incident_id: str) -> str:
    """The series of its due rows: the final report has one of its own."""
    return f"{FORWARDING}:{incident_id}"


def _reporter(caller: Caller) -> Reporter:
    return Reporter(caller.subject, caller.person_id, is_province=caller.role == Role.PROVINCE)


def _moment(clock: Clock) -> Moment:
    return Moment(clock.now(), clock.today())
