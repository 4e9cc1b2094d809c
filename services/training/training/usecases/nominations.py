"""Nominating people for a class (R17, R61)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load
from chassis.errors import Forbidden, RuleBroken
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import scope
from programme.callers import Caller, Role
from training import storage
from training.domain.nomination import Nomination, NoPlace
from training.domain.parties import Enterprise, Person, UnknownHere
from training.domain.places import Places
from training.domain.rules import SecondCertificate
from training.domain.training_class import ClassKind, TrainingClass
from training.usecases import announced, certificates, parties, places, waiting


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
    """The people to be nominated for a class; where it has no place, they wait for one if they are to."""

    items: Sequence[Nominee]
    wait: bool = False


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


@dataclass(frozen=True)
class Waiting:
    """A nominee for whom there was no place, and where in the list of those who wait they are."""

    nominee: Nominee
    nomination_id: str
    place: int


NominationResult = Accepted | Waiting | Refused


def nominate(
    session: Session, caller: Caller, class_id: str, command: Nominate, clock: Clock
) -> list[NominationResult]:
    """Nominates people for a class; each is accepted, waits or is refused by itself, with the rule's sentence."""
    training_class = load(session, TrainingClass, class_id, lock=True)
    training_class.require_open()
    today = clock.today()
    people = parties.people_by_id(session, [nominee.person_id for nominee in command.items])
    enterprises = parties.enterprises_by_id(session, [nominee.enterprise_id for nominee in command.items])
    # Nobody gets past those who wait: what has become free on this day is theirs first.
    waiting.move_up(session, training_class, clock)
    free = places.of_class(session, training_class, today)
    own_divisions = _divisions_of(session, caller, today)
    certified = _certified(session, training_class, people, today)
    known = _known(session, class_id, people)
    enrolling = Enrolling(session, training_class, free, certified, known, clock)
    results: list[NominationResult] = []
    for nominee in command.items:
        person, enterprise = people.get(nominee.person_id), enterprises.get(nominee.enterprise_id)
        try:
            if caller.role == Role.ENTERPRISE and nominee.enterprise_id != caller.enterprise_id:
                raise NotYourEnterprise()
            if person is None or enterprise is None or not _are_own(caller, own_divisions, enterprise, person):
                raise UnknownHere()
            results.append(enrolling.nominate(nominee, enterprise, person, command.wait))
        except (RuleBroken, Forbidden) as refusal:
            results.append(Refused(nominee, refusal))
    accepted = sum(isinstance(result, Accepted) for result in results)
    waits = sum(isinstance(result, Waiting) for result in results)
    details = {"accepted": accepted, "waiting": waits, "of": len(command.items)}
    audit.record(session, caller, "class.nominations_entered", class_id, details, clock)
    return results


@dataclass(frozen=True)
class Enrolling:
    """A class whose places are given out: to whom they may be given, and who was nominated for it before."""

    session: Session
    training_class: TrainingClass
    free: Places
    certified: Collection[str]  # people who hold a certificate, and for whom the class can't be
    known: Mapping[str, Nomination]  # by person
    clock: Clock

    def nominate(self, nominee: Nominee, enterprise: Enterprise, person: Person, wait: bool) -> Accepted | Waiting:
        """Gives a person a place, or one on the waiting list; the rule that forbids both is raised."""
        before = self.known.get(person.id)
        nomination_id = before.id if before is not None else new_id()
        parties = self.training_class, enterprise, person, self.free
        today, is_certified = self.clock.today(), person.id in self.certified
        try:
            made, event = Nomination.submit(nomination_id, *parties, today, is_certified)
        except NoPlace:
            if not wait:
                raise
            since = self.clock.now()
            waits, waitlisted = Nomination.wait(nomination_id, *parties, since, today, is_certified)
            outbox.add(self.session, self._kept(waits, before), waitlisted, self.clock)
            return Waiting(nominee, nomination_id, waitlisted.place)
        kept = self._kept(made, before)
        waiting.enrol(self.session, self.training_class, kept, event, self.clock)
        return Accepted(nominee, nomination_id)

    def _kept(self, made: Nomination, before: Nomination | None) -> Nomination:
        """The nomination to be stored: a new one, or that of somebody who had withdrawn, made anew."""
        if before is None:
            self.session.add(made)
            return made
        made.version = before.version
        return self.session.merge(made)


def _known(session: Session, class_id: str, person_ids: Iterable[str]) -> dict[str, Nomination]:
    """The nominations of these people for the class, whatever became of them, locked, by person."""
    column = storage.nomination.c
    wanted = select(Nomination).where(column.class_id == class_id, column.person_id.in_(set(person_ids)))
    return {found.person_id: found for found in session.scalars(wanted.order_by(column.id).with_for_update())}


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
