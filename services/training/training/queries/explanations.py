"""Why a decision came out as it did: by which rule set, criterion by criterion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from chassis.data import load
from programme import rulesets
from programme.callers import Caller
from training import storage
from training.domain.certificate import CertificateStatus, Decision, StatusRecord
from training.domain.criteria import Criterion
from training.domain.enrolment import Enrolment
from training.domain.rules import Rules
from training.domain.training_class import TrainingClass
from training.queries.certificates import get_certificate
from training.usecases import announced
from training.usecases.access import visible


@dataclass(frozen=True)
class EnrolmentExplained:
    """An outcome; before the class is closed, how the person stands by the rules of the class."""

    enrolment_id: str
    person_id: str
    class_id: str
    passed: bool | None
    decided_on: date | None
    syllabus: str | None
    ruleset: Rules
    criteria: Sequence[Criterion]


@dataclass(frozen=True)
class DecisionExplained:
    """A decision on a certificate, and what it rested on."""

    on: date
    decision: Decision
    status: CertificateStatus
    valid_until: date
    ruleset: Rules
    criteria: Sequence[Criterion]
    reason: str | None
    document: str | None


@dataclass(frozen=True)
class CertificateExplained:
    """A certificate with each decision on it, the oldest first."""

    certificate_id: str
    number: str
    status: CertificateStatus
    valid_until: date
    decisions: Sequence[DecisionExplained]


def explain_enrolment(session: Session, caller: Caller, enrolment_id: str, today: date) -> EnrolmentExplained:
    """Why somebody passed or not."""
    found = load(session, Enrolment, enrolment_id, visible(storage.enrolment, caller, today))
    return _judgement(session, found)


def explain_certificate(session: Session, caller: Caller, certificate_id: str, today: date) -> CertificateExplained:
    """Each decision on a certificate, with what it rested on."""
    shown = get_certificate(session, caller, certificate_id, None, today)
    decisions = [_decision(session, record) for record in shown.history]
    return CertificateExplained(certificate_id, shown.number, shown.status, shown.valid_until, decisions)


def _decision(session: Session, record: StatusRecord) -> DecisionExplained:
    criteria: Sequence[Criterion] = record.grounds.criteria
    if record.decision == Decision.ISSUED and record.grounds.enrolment_id is not None:
        criteria = _judgement(session, load(session, Enrolment, record.grounds.enrolment_id)).criteria
    return DecisionExplained(
        on=record.on,
        decision=record.decision,
        status=record.status,
        valid_until=record.valid_until,
        ruleset=rulesets.rules_of(session, record.ruleset, Rules),
        criteria=criteria,
        reason=record.grounds.reason,
        document=record.grounds.document,
    )


def _judgement(session: Session, found: Enrolment) -> EnrolmentExplained:
    training_class = load(session, TrainingClass, found.class_id)
    # A closed class takes no more entries, so its judgement can be taken apart again at any time.
    if found.ruleset is None:
        rules = announced.rules_of(session, training_class)
    else:
        rules = rulesets.rules_of(session, found.ruleset, Rules)
    return EnrolmentExplained(
        enrolment_id=found.id,
        person_id=found.person_id,
        class_id=found.class_id,
        passed=found.passed,
        decided_on=found.completed_on,
        syllabus=training_class.syllabus,
        ruleset=rules,
        criteria=found.criteria(training_class, rules),
    )
