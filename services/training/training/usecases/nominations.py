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
from training.domain.admission import NotAdmitted, admitted_or_warned
from training.domain.certificate import CertificateStatus
from training.domain.nomination import Nomination, NoPlace
from training.domain.parties import Enterprise, Person, UnknownHere
from training.domain.places import Places
from training.domain.rules import Rules, SecondCertificate, WithoutAdmission
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
    """A nominee who took a place; with the warning that they were not admitted as a candidate, if they were not."""

    nominee: Nominee
    nomination_id: str
    warning: NotAdmitted | None = None


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
    warning: NotAdmitted | None = None


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
    rules = announced.rules_of(session, training_class)
    certified = _certified(session, training_class, rules, people, today)
    known = _known(session, class_id, people)
    candidates = Candidates.of(session, training_class, rules, people)
    enrolling = Enrolling(session, training_class, free, certified, candidates, known, clock)
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
class Candidates:
    """Who was admitted as a candidate, for which enterprise, and what the class asks of who was not."""

    admitted: Collection[tuple[str, str]]  # by enterprise and person
    rule: WithoutAdmission

    @classmethod
    def of(cls, session: Session, training_class: TrainingClass, rules: Rules, person_ids: Iterable[str]) -> Candidates:
        """Those of the people for whom the class asks it: one for a first certificate (R9); R10 leaves others alone."""
        rule = WithoutAdmission(rules.without_admission)
        if training_class.kind != ClassKind.INITIAL or rule == WithoutAdmission.OFF:
            return cls((), WithoutAdmission.OFF)
        column = storage.admission.c
        found = session.execute(
            select(column.enterprise_id, column.person_id).where(column.person_id.in_(set(person_ids)))
        )
        return cls({(firm, person) for firm, person in found}, rule)

    def warning_of(self, enterprise: Enterprise, person: Person) -> NotAdmitted | None:
        """That the person was not admitted, where that is a warning; NotAdmitted is raised where it refuses.

        Of somebody of another firm something else is to be said.
        """
        is_admitted = person.enterprise_id != enterprise.id or (enterprise.id, person.id) in self.admitted
        return admitted_or_warned(is_admitted, self.rule)


@dataclass(frozen=True)
class Enrolling:
    """A class whose places are given out: to whom they may be given, and who was nominated for it before."""

    session: Session
    training_class: TrainingClass
    free: Places
    certified: Collection[str]  # people who hold a certificate, and for whom the class can't be
    candidates: Candidates
    known: Mapping[str, Nomination]  # by person
    clock: Clock

    def nominate(self, nominee: Nominee, enterprise: Enterprise, person: Person, wait: bool) -> Accepted | Waiting:
        """Gives a person a place, or one on the waiting list; the rule that forbids both is raised."""
        warning = self.candidates.warning_of(enterprise, person)
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
            return Waiting(nominee, nomination_id, waitlisted.place, warning)
        kept = self._kept(made, before)
        waiting.enrol(self.session, self.training_class, kept, event, self.clock)
        return Accepted(nominee, nomination_id, warning)

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


def _certified(
    session: Session, training_class: TrainingClass, rules: Rules, person_ids: Iterable[str], today: date
) -> set[str]:
    """Those of the people whom the class can't be for, since they hold a certificate, by the rules of the class."""
    if training_class.kind != ClassKind.INITIAL:
        return set()
    running = [held for held in certificates.held(session, person_ids) if held.status.is_running]
    if rules.second_certificate == SecondCertificate.REPLACE:
        # A new certificate would undo the suspension of the older one.
        return {held.person_id for held in running if held.status == CertificateStatus.SUSPENDED}
    return {held.person_id for held in running if today <= held.valid_until}


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
