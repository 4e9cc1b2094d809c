"""Appointing a CQO from the talent pool (R22–R27).

Two appointments of one person, or to one post, wait for each other at the row locks, which are always taken in the
order enterprise, person, post: the second finds what the first one did and is refused by its rule.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, bindparam, or_, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import rulesets
from programme.callers import Caller
from registry import storage
from registry.domain.admission import (
    EducationBehind,
    Excluded,
    NoDeclaration,
    NoValidCertificate,
    TooLittleExperience,
)
from registry.domain.appointment import Appointment
from registry.domain.candidacy import Candidacy, NotAppointable, Terms
from registry.domain.enterprise import Enterprise
from registry.domain.person import Person
from registry.domain.post import Post
from registry.domain.rules import Rules
from registry.domain.talent import TalentStatus
from registry.usecases import deadlines
from registry.usecases.access import dossier_of, former_leaders_of, hold_enterprise_of, is_seen, visible
from registry.usecases.history import record_appointment_status
from registry.usecases.standing import stand_in_office

APPOINTMENTS = select(Appointment).where(
    or_(
        storage.appointment.c.person_id == bindparam("person_id"),
        storage.appointment.c.post_id == bindparam("post_id"),
    )
)
# What only those may know who see the person (ADR 0022).
OF_THE_PERSON = (NoValidCertificate, Excluded, NoDeclaration, TooLittleExperience, EducationBehind)


@dataclass(frozen=True, kw_only=True)
class Appoint(Terms):
    """Appoint a person to a post on these terms."""

    person_id: str
    post_id: str


def appoint(session: Session, caller: Caller, command: Appoint, clock: Clock) -> Appointment:
    """Appoints a person from the pool to a vacant post, or raises the rule that forbids it."""
    today = clock.today()
    enterprise = hold_enterprise_of(session, caller, command.post_id, today)
    enterprise.require_standing()
    person = load(session, Person, command.person_id, _eligible_for(caller, today), lock=True)
    post = load(session, Post, command.post_id, visible(storage.post, caller, today), lock=True)
    rules = rulesets.rules_on(session, command.appointed_on, Rules)
    candidacy = _candidacy(session, person, post, enterprise)
    try:
        appointment, made = candidacy.appoint(new_id(), command, rules, today)
    except OF_THE_PERSON as refusal:
        if is_seen(session, caller, person, today):
            raise
        raise NotAppointable() from refusal
    session.add(appointment)
    outbox.add(session, appointment, made, clock)
    record_appointment_status(session, appointment, command.appointed_on, ruleset=rules.version)
    # What has become of the person's certificates and exclusions since, where the appointment is entered late.
    rules_on = functools.cache(lambda day: rulesets.rules_on(session, day, Rules))
    facts = candidacy.dossier.certificates
    exclusions = candidacy.dossier.exclusions
    is_in_order = not exclusions and all(fact.on <= appointment.appointed_on for fact in facts)
    in_order_to = appointment.appointed_on if is_in_order else None
    stand_in_office(session, appointment, facts, exclusions, in_order_to, rules_on, clock)
    deadlines.plan(session, appointment, rules, today)
    details = {"person_id": person.id, "post_id": post.id}
    audit.record(session, caller, "appointment.made", appointment.id, details, clock)
    return appointment


def _eligible_for(caller: Caller, on: date) -> ColumnElement[bool]:
    """Whom the caller may appoint at all: whom it sees, and whom the province's pool offers to everybody."""
    offered = select(storage.talent.c.id).where(storage.talent.c.status == TalentStatus.IN_POOL)
    return or_(visible(storage.person, caller, on), storage.person.c.id.in_(offered))


def _candidacy(session: Session, person: Person, post: Post, enterprise: Enterprise) -> Candidacy:
    """All that decides the appointment, under the locks on the person and the post."""
    appointments = session.scalars(APPOINTMENTS, {"person_id": person.id, "post_id": post.id})
    return Candidacy(
        person=person,
        post=post,
        enterprise=enterprise,
        dossier=dossier_of(session, person),
        former_leaders=former_leaders_of(session, enterprise.id),
        appointments=list(appointments),
    )
