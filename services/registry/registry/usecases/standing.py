"""Bringing a person's place in the pool, and their appointments, to what their certificates give, and announcing it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import date

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.messaging import outbox
from programme import rulesets
from registry import storage
from registry.domain.appointment import Appointment, AppointmentHistory, AppointmentStatus
from registry.domain.breach import Breach
from registry.domain.certificates import CertificateFact, rested_on, valid_on
from registry.domain.exclusion import Exclusion
from registry.domain.person import Person
from registry.domain.rules import Rules
from registry.domain.standing import NEVER_IN_POOL, Said, office_steps, pool_steps, unsaid
from registry.domain.talent import Talent, TalentHistory, TalentStatus
from registry.usecases.access import breaches_of
from registry.usecases.history import record_appointment_status, record_talent_status

# populate_existing: what was read before the lock was got may be out of date.
LOCKED_APPOINTMENTS = (
    select(Appointment)
    .where(
        storage.appointment.c.person_id == bindparam("person_id"),
        storage.appointment.c.status != AppointmentStatus.ENDED,
    )
    .order_by(storage.appointment.c.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
SAID_OF_APPOINTMENT = (
    select(AppointmentHistory)
    .where(storage.appointment_status.c.appointment_id == bindparam("owner"))
    .order_by(storage.appointment_status.c.id)
)
SAID_OF_TALENT = (
    select(TalentHistory)
    .where(storage.talent_status.c.person_id == bindparam("owner"))
    .order_by(storage.talent_status.c.id)
)


def restand(
    session: Session,
    person: Person,
    facts: Sequence[CertificateFact],
    exclusions: Sequence[Exclusion],
    since: date,
    clock: Clock,
) -> None:
    """Brings all that rests on a person's certificates to what `facts` give and `exclusions` take.

    The last of the facts became known for `since`. The caller holds the lock on the person.
    """
    # As a rule facts come in the order of their days; then what was said of the days before is right already.
    in_order_to = since if not exclusions and all(fact.on <= since for fact in facts) else None
    _stand_in_pool(session, person, facts, exclusions, in_order_to, clock)
    rules_on = functools.cache(lambda day: rulesets.rules_on(session, day, Rules))
    for appointment in session.scalars(LOCKED_APPOINTMENTS, {"person_id": person.id}).all():
        breaches = breaches_of(session, appointment) if appointment.breached else []
        until = None if breaches else in_order_to
        stand_in_office(session, appointment, facts, exclusions, until, rules_on, clock, breaches=breaches)


def _stand_in_pool(
    session: Session,
    person: Person,
    facts: Sequence[CertificateFact],
    exclusions: Sequence[Exclusion],
    in_order_to: date | None,
    clock: Clock,
) -> None:
    steps = pool_steps(facts, exclusions, clock.today())
    first = next((step for step in steps if step.status == TalentStatus.IN_POOL), None)
    talent = session.get(Talent, person.id)
    if not steps or (talent is None and first is None):
        return
    if talent is None:
        assert first is not None
        talent, admitted = Talent.admit(person, first.certificate, first.on)
        session.add(talent)
        outbox.add(session, talent, admitted, clock)
        record_talent_status(session, talent, admitted.on)
    said, since = _said(session, SAID_OF_TALENT, talent, in_order_to)
    for step in unsaid([NEVER_IN_POOL, *said], steps, since):
        outbox.add(session, talent, talent.take(step.status, step.certificate, step.on, step.reason), clock)
        record_talent_status(session, talent, step.on, step.reason)
    if first is not None:
        talent.admitted_on = first.on
    last = rested_on(facts, max(fact.on for fact in facts))
    if last is not None:
        talent.rest_on(last)


def _said(
    session: Session,
    history: Select[TalentHistory] | Select[AppointmentHistory],
    owner: Talent | Appointment,
    in_order_to: date | None,
) -> tuple[list[Said], date]:
    """What was said of somebody's place or of an appointment, and from which day on it may have become wrong."""
    if in_order_to is not None:
        return [Said(in_order_to, owner.status)], in_order_to
    session.flush()  # what was said just now is read with the rest
    records = session.scalars(history, {"owner": owner.id})
    return [Said(record.on, record.status, record.reason) for record in records], date.min


def stand_in_office(
    session: Session,
    appointment: Appointment,
    facts: Sequence[CertificateFact],
    exclusions: Sequence[Exclusion],
    in_order_to: date | None,
    rules_on: Callable[[date], Rules],
    clock: Clock,
    breaches: Sequence[Breach] = (),
) -> None:
    """Brings an appointment to what its holder's certificates give, exclusions and breaches take from its first day on.

    `in_order_to`: the day of the last fact, where they came in order and nothing that was said of a day before can have
    become wrong; else None.
    """
    against = [entry for entry in exclusions if not appointment.was_made_in_spite_of(entry)]
    steps = office_steps(appointment.appointed_on, facts, rules_on, against, clock.today(), breaches)
    said, since = _said(session, SAID_OF_APPOINTMENT, appointment, in_order_to)
    for step in unsaid(said, steps, since):
        event = appointment.take(step.status, step.on, step.reason, rules_on(step.on))
        outbox.add(session, appointment, event, clock)
        record_appointment_status(session, appointment, step.on, ruleset=event.ruleset, reason=step.reason)
    appointment.causes = list(steps[-1].causes)
    if any(valid_on(facts, fact.on) for fact in facts if fact.on >= appointment.appointed_on):
        appointment.provisional_until = None  # its holder has earned a certificate since
