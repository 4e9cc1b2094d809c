"""Nominating people for a class (R17, R61)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load
from chassis.errors import Forbidden, RuleBroken
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import scope
from programme.callers import Caller, Role
from training.domain.enrolment import Enrolment
from training.domain.nomination import Nomination, Places
from training.domain.parties import Enterprise, Person, UnknownHere
from training.domain.rules import SecondCertificate
from training.domain.training_class import ClassKind, TrainingClass
from training.usecases import announced, certificates, parties, places


class NotYourEnterprise(Forbidden):
    """You may nominate for your own enterprise only."""

    zh = "您只能为本企业推荐人员。"


@dataclass(frozen=True)
class Nominee:
    """A person whom an enterprise recommends."""

    enterprise_id: str
    person_id: str


@dataclass(frozen=True)
class Nominate:
    """The people to be nominated for a class."""

    items: Sequence[Nominee]


@dataclass(frozen=True)
class Accepted:
    """A nominee who took a place."""

    nominee: Nominee
    nomination_id: str


@dataclass(frozen=True)
class Refused:
    """A nominee who took none, and the rule that said so."""

    nominee: Nominee
    refusal: RuleBroken | Forbidden


NominationResult = Accepted | Refused


def nominate(
    session: Session, caller: Caller, class_id: str, command: Nominate, clock: Clock
) -> list[NominationResult]:
    """Nominates people for a class; each is accepted or refused by itself, with the rule's sentence."""
    training_class = load(session, TrainingClass, class_id, lock=True)
    training_class.require_open()
    today = clock.today()
    people = parties.people_by_id(session, [nominee.person_id for nominee in command.items])
    enterprises = parties.enterprises_by_id(session, [nominee.enterprise_id for nominee in command.items])
    free = places.of_class(session, training_class, today)
    own_divisions = _divisions_of(session, caller, today)
    certified = _certified(session, training_class, people, today)
    results: list[NominationResult] = []
    for nominee in command.items:
        person, enterprise = people.get(nominee.person_id), enterprises.get(nominee.enterprise_id)
        try:
            if caller.role == Role.ENTERPRISE and nominee.enterprise_id != caller.enterprise_id:
                raise NotYourEnterprise()
            if person is None or enterprise is None or not _are_own(caller, own_divisions, enterprise, person):
                raise UnknownHere()
            nomination_id = _enrol(
                session, training_class, enterprise, person, free, clock, is_certified=person.id in certified
            )
        except (RuleBroken, Forbidden) as refusal:
            results.append(Refused(nominee, refusal))
        else:
            results.append(Accepted(nominee, nomination_id))
    accepted = sum(isinstance(result, Accepted) for result in results)
    details = {"accepted": accepted, "of": len(command.items)}
    audit.record(session, caller, "class.nominations_entered", class_id, details, clock)
    return results


def _certified(session: Session, training_class: TrainingClass, person_ids: Iterable[str], today: date) -> set[str]:
    """Those of the people whom the class can't be for, since they hold a certificate; nobody, if the rules allow it."""
    if training_class.kind != ClassKind.INITIAL:
        return set()
    if announced.rules_of(session, training_class).second_certificate == SecondCertificate.REPLACE:
        return set()
    return {held.person_id for held in certificates.held(session, person_ids) if held.holds(today)}


def _are_own(caller: Caller, own_divisions: set[str] | None, enterprise: Enterprise, person: Person) -> bool:
    """Whether the caller may know of both; of others it is told what it is told of those that there are not."""
    if caller.role == Role.ENTERPRISE:
        return person.enterprise_id == enterprise.id
    return own_divisions is None or {enterprise.division, person.division} <= own_divisions


def _divisions_of(session: Session, caller: Caller, today: date) -> set[str] | None:
    """The divisions that the caller nominates from; None for who is not bound to any."""
    if caller.role == Role.ENTERPRISE or caller.division is None:
        return None
    return set(session.scalars(scope.subtree(caller.division, today)))


def _enrol(
    session: Session,
    training_class: TrainingClass,
    enterprise: Enterprise,
    person: Person,
    free: Places,
    clock: Clock,
    is_certified: bool,
) -> str:
    """Nominates and enrols a person; returns the nomination's id."""
    nomination, event = Nomination.submit(
        new_id(), training_class, enterprise, person, free, clock.today(), is_certified
    )
    session.add(nomination)
    session.add(Enrolment(new_id(), training_class.id, person.id, enterprise.id, enterprise.division))
    outbox.add(session, nomination, event, clock)
    return nomination.id
