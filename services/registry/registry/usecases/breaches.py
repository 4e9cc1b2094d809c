"""Breaches of conduct: entered by one, confirmed by another, with what the rule set says follows from it at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load
from chassis.ids import new_id
from chassis.json_types import JsonObject
from chassis.messaging import outbox
from chassis.security import audit
from programme import rulesets
from programme.callers import Caller
from registry.domain.appointment import Appointment, AppointmentStatus
from registry.domain.breach import BREACHES, Breach, BreachConsequence, Found
from registry.domain.exclusion import Exclusion
from registry.domain.person import Person
from registry.domain.rules import Rules
from registry.usecases import exclusions
from registry.usecases.access import certificates_of, exclusions_of, load_appointment, load_seen
from registry.usecases.end_appointment import end_for_breach
from registry.usecases.exclusions import Exclude, LiftExclusion
from registry.usecases.standing import restand


@dataclass(frozen=True, kw_only=True)
class EnterBreach(Found):
    """Enter a breach by the holder of an appointment."""


@dataclass(frozen=True)
class ReviewBreach:
    """Confirm a breach, or dismiss it, by a document."""

    confirmed: bool
    document: str


@dataclass(frozen=True)
class LiftBreach:
    """From a day on a breach holds no longer, by a document."""

    on: date
    document: str


def enter(session: Session, caller: Caller, appointment_id: str, command: EnterBreach, clock: Clock) -> Breach:
    """Enters a breach, to be reviewed by somebody else."""
    today = clock.today()
    appointment = load_appointment(session, caller, appointment_id, today)
    breach = Breach.enter(new_id(), appointment, command, caller.subject, today)
    session.add(breach)
    details: JsonObject = {"kind": str(breach.kind), "document": breach.document}
    audit.record(session, caller, "breach.entered", breach.id, details, clock)
    return breach


def review(session: Session, caller: Caller, breach_id: str, command: ReviewBreach, clock: Clock) -> Breach:
    """Confirms a breach, which has its consequence at once, or dismisses it."""
    today = clock.today()
    breach = load_seen(session, caller, Breach, breach_id, today, lock=True)
    if not command.confirmed:
        breach.dismiss(command.document, caller.subject, today)
        audit.record(session, caller, "breach.dismissed", breach.id, {"document": command.document}, clock)
        return breach
    confirmed = breach.confirm(command.document, caller.subject, today, rulesets.rules_on(session, today, Rules))
    outbox.add(session, breach, confirmed, clock)
    details: JsonObject = {"document": command.document, "consequence": breach.consequence}
    audit.record(session, caller, "breach.confirmed", breach.id, details, clock)
    session.flush()
    match breach.consequence:
        case BreachConsequence.SUSPEND:
            _suspend(session, breach, clock)
        case BreachConsequence.END:
            end_for_breach(session, breach.appointment_id, clock)
        case BreachConsequence.EXCLUDE:
            _exclude(session, caller, breach, clock)
    return breach


def lift(session: Session, caller: Caller, breach_id: str, command: LiftBreach, clock: Clock) -> Breach:
    """Lifts a breach, by mistake or made good: undoes what it alone has caused; an appointment that ended stays so."""
    today = clock.today()
    breach = load_seen(session, caller, Breach, breach_id, today, lock=True)
    outbox.add(session, breach, breach.lift(command.on, command.document, today), clock)
    details: JsonObject = {"document": command.document, "on": command.on.isoformat()}
    audit.record(session, caller, "breach.lifted", breach.id, details, clock)
    session.flush()
    if breach.consequence == BreachConsequence.SUSPEND:
        _stand_anew(session, breach, clock)
    elif breach.exclusion_id is not None:
        _lift_exclusion(session, caller, breach.exclusion_id, command, clock)
    return breach


def _suspend(session: Session, breach: Breach, clock: Clock) -> None:
    person = load(session, Person, breach.person_id, lock=True)
    appointment = load(session, Appointment, breach.appointment_id, lock=True)
    if appointment.status == AppointmentStatus.ENDED:
        return
    appointment.breached = True
    session.flush()
    _stand_anew(session, breach, clock, person)


def _stand_anew(session: Session, breach: Breach, clock: Clock, locked: Person | None = None) -> None:
    """Brings the holder to what certificates, exclusions and breaches give now."""
    person = locked or load(session, Person, breach.person_id, lock=True)
    excluding, facts = exclusions_of(session, person), certificates_of(session, person.id)
    restand(session, person, facts, excluding, clock.today(), clock)


def _exclude(session: Session, caller: Caller, breach: Breach, clock: Clock) -> None:
    # The breach is in the caller's division; its holder may be registered in another one.
    person = load(session, Person, breach.person_id, lock=True)
    assert breach.review_document is not None, "it was confirmed just now"
    command = Exclude(
        person_id=person.id,
        reason=BREACHES[breach.kind].zh,
        document=breach.review_document,
        valid_from=clock.today(),
        valid_to=breach.until,
    )
    breach.exclusion_id = exclusions.enter(session, caller, person.id_number_index, command, clock).id


def _lift_exclusion(session: Session, caller: Caller, exclusion_id: str, command: LiftBreach, clock: Clock) -> None:
    entry = load(session, Exclusion, exclusion_id, lock=True)
    last = max(command.on - timedelta(days=1), entry.valid_from)  # an exclusion holds on one day at least
    if entry.lifted_by is None and (entry.valid_to is None or entry.valid_to > last):
        exclusions.lift(session, caller, exclusion_id, LiftExclusion(last, command.document), clock)
