"""Outcomes judged again after a class was closed: a resit of the exam, or a correction on a document (R59)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import check_version, load
from chassis.json_types import JsonObject
from chassis.messaging import outbox
from chassis.security import audit
from programme import rulesets
from programme.callers import Caller
from training import storage
from training.domain.education import EducationEntry
from training.domain.enrolment import Enrolment, Grounds, NotJudgedYet, RevisionCause
from training.domain.rules import Rules
from training.domain.training_class import ClassKind, ClassStatus, TrainingClass
from training.events import EnrolmentRevised
from training.usecases import announced, certificates, education, parties
from training.usecases.access import visible


@dataclass(frozen=True)
class Resit:
    """The score of a further sitting of the exam."""

    score: float


@dataclass(frozen=True)
class CorrectedHours:
    """The hours attended of a session, or of a block where the class has no sessions."""

    hours: float
    block: str | None = None
    session: int | None = None


@dataclass(frozen=True)
class CorrectedScore:
    """The score of a sitting."""

    sitting: int
    score: float


@dataclass(frozen=True)
class Correct:
    """What was entered wrongly, as it should be, and the document that says so."""

    reason: str
    document: str
    attendance: Sequence[CorrectedHours] = ()
    scores: Sequence[CorrectedScore] = ()


def resit(session: Session, caller: Caller, enrolment_id: str, version: int, command: Resit, clock: Clock) -> Enrolment:
    """Enters a resit after the class was closed; who passes now gets a certificate."""
    training_class, enrolment = _closed(session, caller, enrolment_id, version, clock)
    rules = announced.rules_of(session, training_class)
    credited = _credited(enrolment, training_class)
    enrolment.resit(training_class, command.score, rules, clock.today())
    event = enrolment.revise(training_class, rules, RevisionCause.RESIT, Grounds(), clock.today())
    _take_effect(session, training_class, enrolment, event, credited, clock)
    audit.record(session, caller, "enrolment.resit_entered", enrolment_id, {"score": command.score}, clock)
    return enrolment


def correct(
    session: Session, caller: Caller, enrolment_id: str, version: int, command: Correct, clock: Clock
) -> Enrolment:
    """Corrects hours or scores of a closed class. A certificate is issued, or revoked, as the outcome now asks."""
    training_class, enrolment = _closed(session, caller, enrolment_id, version, clock)
    rules = announced.rules_of(session, training_class)
    credited = _credited(enrolment, training_class)
    for item in command.attendance:
        if item.session is not None:
            enrolment.attend_session(training_class, item.session, item.hours)
        elif item.block is not None:
            enrolment.attend(training_class, item.block, item.hours)
    for score in command.scores:
        enrolment.sit(score.sitting, score.score, rules)
    grounds = Grounds(command.reason, command.document)
    event = enrolment.revise(training_class, rules, RevisionCause.CORRECTION, grounds, clock.today())
    _take_effect(session, training_class, enrolment, event, credited, clock)
    details: JsonObject = {"reason": command.reason, "document": command.document, "passed": enrolment.passed}
    audit.record(session, caller, "enrolment.corrected", enrolment_id, details, clock)
    return enrolment


def _closed(
    session: Session, caller: Caller, enrolment_id: str, version: int, clock: Clock
) -> tuple[TrainingClass, Enrolment]:
    """The class, which is closed, and the enrolment, both locked."""
    where = visible(storage.enrolment, caller, clock.today())
    class_id = load(session, Enrolment, enrolment_id, where).class_id
    training_class = load(session, TrainingClass, class_id, lock=True)
    enrolment = load(session, Enrolment, enrolment_id, where, lock=True)
    check_version(enrolment, version)
    if training_class.status != ClassStatus.CLOSED:
        raise NotJudgedYet()
    return training_class, enrolment


def _credited(enrolment: Enrolment, training_class: TrainingClass) -> dict[int, float]:
    """The hours by year that the enrolment has brought into the ledger."""
    counts = training_class.kind == ClassKind.CONTINUING and enrolment.passed
    return enrolment.hours_by_year(training_class) if counts else {}


def _take_effect(
    session: Session,
    training_class: TrainingClass,
    enrolment: Enrolment,
    event: EnrolmentRevised,
    credited: Mapping[int, float],
    clock: Clock,
) -> None:
    """Makes of a new outcome what closing the class would have made of it: a certificate, or hours in the ledger."""
    outbox.add(session, enrolment, event, clock)
    if training_class.kind == ClassKind.CONTINUING:
        _credit(session, training_class, enrolment, credited, clock)
    elif event.passed and not event.passed_before:
        rules = rulesets.rules_on(session, clock.today(), Rules)
        certificates.issue_all(session, [enrolment], parties.holders(session, training_class.id), rules, clock)
    elif event.passed_before and not event.passed:
        certificates.revoke_of_enrolment(session, enrolment, event.reason or "", event.document or "", clock)


def _credit(
    session: Session,
    training_class: TrainingClass,
    enrolment: Enrolment,
    credited: Mapping[int, float],
    clock: Clock,
) -> None:
    """Enters into the ledger by how much the hours of each year differ from those that were credited."""
    now = _credited(enrolment, training_class)
    document = f"{training_class.name} {training_class.id} 更正{enrolment.version}"
    kind, today = training_class.education_kind, clock.today()
    entries = [
        EducationEntry(enrolment.person_id, year, now.get(year, 0) - credited.get(year, 0), document, today, kind)
        for year in sorted({*now, *credited})
        if now.get(year, 0) != credited.get(year, 0)
    ]
    education.enter(session, entries, {enrolment.person_id: enrolment.division}, clock)
