"""Changes of an appointment (变更): another position, level or authorisation, filed within so many working days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from chassis.errors import RuleBroken
from registry.domain.appointment import Appointment
from registry.domain.bilingual import Bilingual
from registry.domain.rules import Rules
from registry.domain.working_days import CalendarYear, last_working_day
from registry.events import AppointmentChanged

WEEKENDS_ONLY = Bilingual(
    "{years} 年的节假日安排尚未录入，期限仅按周末计算。",
    "The holidays of {years} are not entered yet; the last day was counted by weekends alone.",
)


class NothingChanged(RuleBroken):
    """The appointment has this content already."""

    zh = "该聘任内容与所填一致，没有变更。"


class LaterChangeKnown(RuleBroken):
    """A change from a later day is known already."""

    zh = "该聘任已有更晚日期的变更。"


@dataclass(frozen=True, kw_only=True)
class NewContent:
    """What an appointment says from the day `changed_on`; None leaves as it is."""

    changed_on: date
    document_number: str
    document_date: date
    position: str | None = None
    decision_level: bool | None = None
    authorisation: str | None = None


@dataclass
class AppointmentChange:
    """From `changed_on` the appointment has this content; it was handed in on `submitted_on`."""

    id: str
    appointment_id: str
    changed_on: date
    submitted_on: date
    recorded_on: date
    position: str
    decision_level: bool
    authorisation: str
    document_number: str
    document_date: date
    filing_due_on: date
    late: bool
    ruleset: int
    unknown_years: list[int]

    def warnings(self, language: str) -> list[str]:
        """What to know of the last day."""
        years = ", ".join(map(str, self.unknown_years))
        return [WEEKENDS_ONLY.sentence(language).format(years=years)] if years else []


def change(
    appointment: Appointment,
    change_id: str,
    content: NewContent,
    submitted_on: date,
    today: date,
    rules: Rules,
    years: Iterable[CalendarYear],
) -> tuple[AppointmentChange, AppointmentChanged]:
    """Gives the appointment its new content; late if it was handed in after the rule set's working days."""
    appointment.require_open_on(content.changed_on, submitted_on)
    appointment.require_open_on(submitted_on, today)
    if appointment.changed_on is not None and content.changed_on < appointment.changed_on:
        raise LaterChangeKnown(changed_on=appointment.changed_on.isoformat())
    before = appointment.position, appointment.decision_level, appointment.authorisation
    new = (
        content.position or appointment.position,
        appointment.decision_level if content.decision_level is None else content.decision_level,
        content.authorisation or appointment.authorisation,
    )
    if new == before:
        raise NothingChanged()
    appointment.restate(*new, content.changed_on)
    last = last_working_day(content.changed_on, rules.change_filing_working_days, years)
    made = AppointmentChange(
        id=change_id,
        appointment_id=appointment.id,
        changed_on=content.changed_on,
        submitted_on=submitted_on,
        recorded_on=today,
        position=appointment.position,
        decision_level=appointment.decision_level,
        authorisation=appointment.authorisation,
        document_number=content.document_number,
        document_date=content.document_date,
        filing_due_on=last.day,
        late=submitted_on > last.day,
        ruleset=rules.version,
        unknown_years=list(last.unknown_years),
    )
    return made, _announced(appointment, made)


def _announced(appointment: Appointment, made: AppointmentChange) -> AppointmentChanged:
    return AppointmentChanged(
        appointment_id=appointment.id,
        enterprise_id=appointment.enterprise_id,
        person_id=appointment.person_id,
        change_id=made.id,
        position=made.position,
        decision_level=made.decision_level,
        document=made.document_number,
        on=made.changed_on,
        submitted_on=made.submitted_on,
        filing_due_on=made.filing_due_on,
        late=made.late,
        ruleset=made.ruleset,
    )
