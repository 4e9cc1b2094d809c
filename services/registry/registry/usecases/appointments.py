"""Appointing a CQO, filing the appointment, ending it.

Two appointments of one person, or to one post, wait for each other at the row locks, which are always taken in the
order person, post: the second finds what the first one did and is refused by its rule.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import Clock
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import rulesets
from programme.callers import Caller
from registry.domain.appointment import Appointment, AppointmentStatus, DayOutOfOrder, filing_due
from registry.domain.candidacy import Candidacy, warnings
from registry.domain.certificates import CertificateFact
from registry.domain.enterprise import Enterprise
from registry.domain.person import Exclusion, Person
from registry.domain.post import Post
from registry.domain.ruleset import RuleSet
from registry.domain.talent import Talent
from registry.storage import appointment as appointments
from registry.storage import exclusion as exclusions
from registry.storage import post as posts
from registry.usecases.access import load, load_appointment, load_enterprise, visible

FILING, PROVISIONAL = "appointment.filing", "appointment.provisional"


def appoint(session: Session, caller: Caller, content: dict[str, Any], clock: Clock) -> Appointment:
    """Appoints a person from the pool to a vacant post, or raises the rule that forbids it."""
    on = content["appointed_on"]
    if on > clock.today():
        raise DayOutOfOrder()
    person = load(session, Person, content["person_id"], lock=True)
    post = load(session, Post, content["post_id"], visible(posts, caller, clock.today()), lock=True)
    enterprise = load_enterprise(session, caller, post.enterprise_id, clock.today())
    rules = rulesets.in_force(session, on)
    provisional_until = _candidacy(session, person, post).admit(on, rules)
    appointment = _draft(content, enterprise, person, post, rules, provisional_until)
    session.add(appointment)
    outbox.add(session, appointment, appointment.make(enterprise.name, person.name), clock)
    _plan(session, appointment)
    note(session, appointment, on, rules.version)
    audit.record(
        session, caller, "appointment.made", appointment.id, {"person_id": person.id, "post_id": post.id}, clock
    )
    return appointment


def _draft(
    content: dict[str, Any], enterprise: Enterprise, person: Person, post: Post, rules: RuleSet, until: date | None
) -> Appointment:
    departments = content.get("departments") or list(post.departments)
    name, capacity = content["appointed_by"]["name"], content["appointed_by"]["capacity"]
    return Appointment(
        id=new_id(),
        enterprise_id=enterprise.id,
        person_id=person.id,
        post_id=post.id,
        division=enterprise.division,
        position=content["position"],
        decision_level=content["decision_level"],
        departments=departments,
        appointed_on=content["appointed_on"],
        appointed_by_name=name,
        appointed_by_capacity=capacity,
        document_number=content["document"]["number"],
        document_date=content["document"]["date"],
        authorisation=content["authorisation"],
        filing_due_on=filing_due(content["appointed_on"], rules),
        ruleset=rules.version,
        warnings=warnings(enterprise, name, capacity, content["decision_level"], departments),
        provisional_until=until,
    )


def _candidacy(session: Session, person: Person, post: Post) -> Candidacy:
    def of_person(entity: Any) -> list[Any]:
        return list(session.scalars(select(entity).where(entity.person_id == person.id).order_by(entity.id)))

    either = or_(appointments.c.person_id == person.id, appointments.c.post_id == post.id)
    excluded = select(Exclusion).where(exclusions.c.id_number_index == person.id_number_index)
    return Candidacy(
        person_id=person.id,
        post_id=post.id,
        enterprise_id=post.enterprise_id,
        talent=session.get(Talent, person.id, populate_existing=True),
        certificates=of_person(CertificateFact),
        exclusions=list(session.scalars(excluded)),
        appointments=list(session.scalars(select(Appointment).where(either))),
    )


def _plan(session: Session, appointment: Appointment) -> None:
    payload = {"appointment_id": appointment.id}
    # The day after: on the due day itself filing is still in time.
    day = appointment.filing_due_on + timedelta(days=1)
    due.plan(session, FILING, f"{FILING}:{appointment.id}", appointment.id, day, payload)
    if appointment.provisional_until is not None:
        day = appointment.provisional_until + timedelta(days=1)
        due.plan(session, PROVISIONAL, f"{PROVISIONAL}:{appointment.id}", appointment.id, day, payload)


def note(session: Session, appointment: Appointment, on: date, ruleset: int | None, reason: str | None = None) -> None:
    """Adds the present status to the appointment's history."""
    session.flush()
    session.add(AppointmentStatus(appointment.id, on, appointment.status, reason, ruleset))


def file(
    session: Session,
    caller: Caller,
    appointment_id: str,
    on: date,
    number: str | None,
    clock: Clock,
) -> Appointment:
    """Files an appointment; without a number of the bureau's own it gets one."""
    appointment = load_appointment(session, caller, appointment_id, clock.today(), lock=True)
    if number is None:
        serial = session.scalar(text("SELECT nextval('filing_number')"))
        number = f"BA-{appointment.division}-{on.year}-{serial:05d}"
    outbox.add(session, appointment, appointment.file(on, number, clock.today()), clock)
    due.cancel(session, f"{FILING}:{appointment.id}")
    audit.record(session, caller, "appointment.filed", appointment.id, {"number": number, "on": on.isoformat()}, clock)
    return appointment


def end(session: Session, caller: Caller, appointment_id: str, on: date, reason: str, clock: Clock) -> Appointment:
    """Ends an appointment, which leaves its post vacant."""
    appointment = load_appointment(session, caller, appointment_id, clock.today(), lock=True)
    _end(session, appointment, on, reason, clock)
    audit.record(session, caller, "appointment.ended", appointment.id, {"reason": reason, "on": on.isoformat()}, clock)
    return appointment


def _end(session: Session, appointment: Appointment, on: date, reason: str, clock: Clock) -> None:
    outbox.add(session, appointment, appointment.end(on, reason, clock.today()), clock)
    for kind in (FILING, PROVISIONAL):
        due.cancel(session, f"{kind}:{appointment.id}")
    note(session, appointment, on, None, reason)


def miss_filing(session: Session, appointment_id: str, clock: Clock) -> None:
    """Announces that an appointment was not filed in time; called once, when the day has passed."""
    appointment = load(session, Appointment, appointment_id, lock=True)
    event = appointment.miss_filing(clock.today())
    if event:
        outbox.add(session, appointment, event, clock)


def end_provisional(session: Session, appointment_id: str, clock: Clock) -> None:
    """Ends a provisional appointment whose holder earned no certificate by the rule set's deadline."""
    appointment = load(session, Appointment, appointment_id, lock=True)
    if appointment.provisional_until is not None and appointment.status != "ended":
        _end(session, appointment, appointment.provisional_until, "no_certificate_by_deadline", clock)
