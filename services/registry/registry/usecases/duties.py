"""The annual duty record: writing and submitting it, the bureau's answer, and what happens when its day has passed.

Of each appointment and paper one due row is planned: for the first year of which it can be overdue, and then each year
for the next. A submission doesn't cancel it: on its day it is looked whether the paper is owed, and has come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import ARRAY, Integer, Text, bindparam, func, select
from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import Clock
from chassis.data import insert_all, load_all, update_all
from chassis.due import DueRow
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import rulesets
from programme.callers import Caller
from registry import storage
from registry.domain.appointment import Appointment, AppointmentHistory
from registry.domain.duty import (
    Duty,
    DutyPaper,
    DutyReport,
    DutyRevision,
    Writer,
    due_day,
    first_year,
    is_owed,
    require_year,
)
from registry.domain.rules import Rules
from registry.usecases.access import load_appointment, load_seen

KIND = "duty_report.due"
_report, _revision, _status = storage.duty_report.c, storage.duty_revision.c, storage.appointment_status.c
OF_APPOINTMENTS = func.any(bindparam("appointments", type_=ARRAY(Text)))
OF_YEAR = (
    select(DutyReport)
    .where(
        _report.appointment_id == bindparam("appointment_id"),
        _report.year == bindparam("year"),
        _report.paper == bindparam("paper"),
    )
    .with_for_update()
    .execution_options(populate_existing=True)
)
LAST_REVISION = (
    select(DutyRevision)
    .where(_revision.duty_report_id == bindparam("duty_report_id"))
    .order_by(_revision.id.desc())
    .limit(1)
)
IDS_OF_YEARS = select(_report.id).where(
    _report.appointment_id == OF_APPOINTMENTS, _report.year == func.any(bindparam("years", type_=ARRAY(Integer)))
)
# Nobody asks anything of an enterprise that was deregistered.
GIVEN_UP = select(storage.enterprise.c.id).where(
    storage.enterprise.c.id == func.any(bindparam("enterprises", type_=ARRAY(Text))),
    storage.enterprise.c.deregistered_on.is_not(None),
)
HISTORIES = select(AppointmentHistory).where(_status.appointment_id == OF_APPOINTMENTS).order_by(_status.id)


@dataclass(frozen=True)
class SectionText:
    """What is planned or was done of one duty."""

    duty: Duty
    text: str


@dataclass(frozen=True)
class WriteDutyReport:
    """Write the draft of an appointment's paper of a year, in place of the draft that is there."""

    year: int
    paper: DutyPaper
    sections: list[SectionText]


@dataclass(frozen=True)
class ReturnDutyReport:
    """Return what was submitted, for a reason."""

    reason: str


class Owed(NamedTuple):
    """A paper of an appointment's year."""

    appointment_id: str
    paper: DutyPaper
    year: int


def write(session: Session, caller: Caller, appointment_id: str, command: WriteDutyReport, clock: Clock) -> DutyReport:
    """Writes the draft, and begins a revision where what there is was submitted."""
    today = clock.today()
    # The appointment's lock stands for the paper too, as long as there is none.
    appointment = load_appointment(session, caller, appointment_id, today, lock=True)
    require_year(appointment, command.paper, command.year, today)
    wanted = {"appointment_id": appointment.id, "year": command.year, "paper": command.paper}
    report = session.scalars(OF_YEAR, wanted).one_or_none()
    if report is None:
        rules = rulesets.rules_on(session, today, Rules)
        report = DutyReport.of(new_id(), appointment, command.year, command.paper, rules)
        session.add(report)
        session.flush()  # The revision refers to it.
    sections = {str(section.duty): section.text for section in command.sections}
    begun = report.write(sections, _last_revision(session, report), _writer(caller, clock))
    if begun:
        session.add(begun)
    audit.record(session, caller, "duty_report.written", report.id, {"sections": sorted(sections)}, clock)
    return report


def submit(session: Session, caller: Caller, duty_report_id: str, clock: Clock) -> DutyReport:
    """Submits the draft to the bureau."""
    report = load_seen(session, caller, DutyReport, duty_report_id, clock.today(), lock=True)
    event = report.submit(_last_revision(session, report), _writer(caller, clock))
    outbox.add(session, report, event, clock)
    details = {"revision": event.revision, "late": event.late}
    audit.record(session, caller, "duty_report.submitted", report.id, details, clock)
    return report


def take_note(session: Session, caller: Caller, duty_report_id: str, clock: Clock) -> DutyReport:
    """The bureau takes note of what was submitted."""
    report = load_seen(session, caller, DutyReport, duty_report_id, clock.today(), lock=True)
    outbox.add(session, report, report.take_note(clock.today()), clock)
    audit.record(session, caller, "duty_report.noted", report.id, {}, clock)
    return report


def give_back(
    session: Session, caller: Caller, duty_report_id: str, command: ReturnDutyReport, clock: Clock
) -> DutyReport:
    """The bureau returns what was submitted, to be revised."""
    report = load_seen(session, caller, DutyReport, duty_report_id, clock.today(), lock=True)
    outbox.add(session, report, report.give_back(command.reason, clock.today()), clock)
    audit.record(session, caller, "duty_report.returned", report.id, {"reason": command.reason}, clock)
    return report


def first_rows(appointment: Appointment, rules: Rules, today: date) -> Iterable[due.Planned]:
    """What is planned of an appointment that is made today."""
    for paper in DutyPaper:
        yield _row(Owed(appointment.id, paper, first_year(paper, appointment.appointed_on, today, rules)), rules)


def miss(session: Session, rows: Sequence[DueRow], clock: Clock) -> None:
    """Announces the papers that are owed and have not come by their day, and plans the next year's."""
    today = clock.today()
    rules = rulesets.rules_on(session, today, Rules)
    rows_of = [
        Owed(row.payload["appointment_id"], DutyPaper(row.payload["paper"]), row.payload["year"]) for row in rows
    ]
    passed = [each for each in rows_of if due_day(each.paper, each.year, rules) < today]
    appointments = load_all(session, Appointment, [each.appointment_id for each in passed])
    owed = _owed(session, passed, appointments, rules)
    reports = _reports(session, owed)
    new = {
        each: DutyReport.of(new_id(), appointments[each.appointment_id], each.year, each.paper, rules)
        for each in owed
        if each not in reports
    }
    missed = [(report, event) for report in (reports | new).values() if (event := report.miss(today))]
    outbox.add_all(session, missed, clock, own_causes=True)
    insert_all(session, list(new.values()))
    update_all(session, list(reports.values()), "overdue_on", "version")
    # A rule set may have moved the day of what has not passed.
    later = [each for each in rows_of if each not in passed]
    later += [each._replace(year=each.year + 1) for each in passed if _goes_on(appointments[each.appointment_id], each)]
    due.plan_all(session, [_row(each, rules) for each in later])


def _owed(
    session: Session, passed: Sequence[Owed], appointments: Mapping[str, Appointment], rules: Rules
) -> list[Owed]:
    histories = defaultdict[str, list[AppointmentHistory]](list)
    for record in session.scalars(HISTORIES, {"appointments": list(appointments)}):
        histories[record.appointment_id].append(record)
    enterprises = {each.enterprise_id for each in appointments.values()}
    given_up = set(session.scalars(GIVEN_UP, {"enterprises": list(enterprises)}))
    return [
        each
        for each in passed
        if appointments[each.appointment_id].enterprise_id not in given_up
        and is_owed(each.paper, each.year, histories[each.appointment_id], rules)
    ]


def _goes_on(appointment: Appointment, owed: Owed) -> bool:
    return appointment.ended_on is None or appointment.ended_on.year > owed.year


def _row(owed: Owed, rules: Rules) -> due.Planned:
    # The day after: on the last day itself it is still in time.
    day = due_day(owed.paper, owed.year, rules) + timedelta(days=1)
    series = f"{KIND}:{owed.appointment_id}:{owed.paper}:{owed.year}"
    return due.Planned(KIND, series, f"{series}:{day}", day, owed._asdict())


def _reports(session: Session, owed: Sequence[Owed]) -> dict[Owed, DutyReport]:
    wanted = {"appointments": [each.appointment_id for each in owed], "years": sorted({each.year for each in owed})}
    found = load_all(session, DutyReport, session.scalars(IDS_OF_YEARS, wanted))
    return {Owed(each.appointment_id, each.paper, each.year): each for each in found.values()}


def _last_revision(session: Session, report: DutyReport) -> DutyRevision | None:
    return session.scalars(LAST_REVISION, {"duty_report_id": report.id}).one_or_none()


def _writer(caller: Caller, clock: Clock) -> Writer:
    return Writer(caller.subject, clock.now(), clock.today())
