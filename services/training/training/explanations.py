"""Why a decision came out as it did: by which rule set, criterion by criterion."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from programme import rulesets
from programme.callers import Caller
from training import queries, storage
from training.domain.certificate import CertificateStatus
from training.domain.course import Course, Enrolment
from training.domain.rules import Rules
from training.usecases.access import load, visible


def enrolment(session: Session, caller: Caller, enrolment_id: str, today: date) -> dict[str, Any]:
    """Why somebody passed or not; before the class is closed, how they stand by today's rule set."""
    found = load(session, Enrolment, enrolment_id, visible(storage.enrolment, caller, today))
    return _judgement(session, found, today)


def certificate(session: Session, caller: Caller, certificate_id: str, today: date) -> dict[str, Any]:
    """Each decision on a certificate, the oldest first, with what it rested on."""
    shown = queries.certificate(session, caller, certificate_id, {}, today)
    decisions = [_decision(session, line, today) for line in shown["history"]]
    known = {name: shown[name] for name in ("number", "status", "valid_until")}
    return {"certificate_id": certificate_id, **known, "decisions": decisions}


def _decision(session: Session, line: CertificateStatus, today: date) -> dict[str, Any]:
    criteria = line.grounds.get("criteria", [])
    if line.decision == "issued" and "enrolment_id" in line.grounds:
        earned = load(session, Enrolment, line.grounds["enrolment_id"])
        criteria = _judgement(session, earned, today)["criteria"]
    return {
        "on": line.on,
        "decision": line.decision,
        "status": line.status,
        "valid_until": line.valid_until,
        "ruleset": rulesets.get(session, line.ruleset),
        "criteria": criteria,
        "reason": line.grounds.get("reason"),
        "document": line.grounds.get("document"),
    }


def _judgement(session: Session, found: Enrolment, today: date) -> dict[str, Any]:
    course = load(session, Course, found.class_id)
    # A closed class takes no more entries, so its judgement can be taken apart again at any time.
    cited = rulesets.get(session, found.ruleset) if found.ruleset else rulesets.in_force(session, today)
    return {
        "enrolment_id": found.id,
        "person_id": found.person_id,
        "class_id": found.class_id,
        "passed": found.passed,
        "decided_on": found.completed_on,
        "syllabus": course.syllabus,
        "ruleset": cited,
        "criteria": found.criteria(course, Rules.of(cited.version, cited.parameters)),
    }
