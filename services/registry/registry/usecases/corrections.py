"""Proposing a correction to what the register says of an enterprise, and deciding it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load
from chassis.errors import InvalidInput
from chassis.ids import new_id
from chassis.security import audit
from chassis.unset import UNSET, Unset, given
from programme.callers import Caller
from registry import storage
from registry.domain.correction import AnotherIsOpen, Correction, CorrectionState, NothingToCorrect
from registry.usecases.access import load_enterprise, visible
from registry.usecases.enterprises import apply_changes

OPEN = select(storage.correction.c.id).where(
    storage.correction.c.enterprise_id == bindparam("enterprise_id"),
    storage.correction.c.state == CorrectionState.PROPOSED,
)
DAYS = ("registered_on", "leads_since")


@dataclass(frozen=True)
class ProposeCorrection:
    """Propose what the register should say of the enterprise, and why."""

    reason: str
    name: str | Unset = UNSET
    industry: str | Unset = UNSET
    legal_representative: str | Unset = UNSET
    responsible_person: str | Unset | None = UNSET
    registered_on: date | Unset = UNSET
    leads_since: date | Unset = UNSET


@dataclass(frozen=True)
class DecideCorrection:
    """Accept a correction, or refuse it with an answer."""

    accept: bool
    answer: str | None = None


def propose(
    session: Session, caller: Caller, enterprise_id: str, command: ProposeCorrection, clock: Clock
) -> Correction:
    """Enters the proposal; the lock on the enterprise lets it have one at a time."""
    today = clock.today()
    enterprise = load_enterprise(session, caller, enterprise_id, today, lock=True)
    enterprise.require_standing()
    if session.scalar(OPEN, {"enterprise_id": enterprise.id}):
        raise AnotherIsOpen()
    wanted = given(command)
    reason = wanted.pop("reason")
    if not any(getattr(enterprise, name) != value for name, value in wanted.items() if name != "leads_since"):
        raise NothingToCorrect()
    fields = {name: value.isoformat() if isinstance(value, date) else value for name, value in wanted.items()}
    correction = Correction(new_id(), enterprise.id, enterprise.division, fields, reason, today)
    session.add(correction)
    details = {"enterprise_id": enterprise.id, "fields": ", ".join(sorted(fields))}
    audit.record(session, caller, "correction.proposed", correction.id, details, clock)
    return correction


def decide(session: Session, caller: Caller, correction_id: str, command: DecideCorrection, clock: Clock) -> Correction:
    """Takes over what was proposed, or refuses it."""
    today = clock.today()
    seen = visible(storage.correction, caller, today)
    # The enterprise first, as in `propose`.
    enterprise_id = load(session, Correction, correction_id, seen).enterprise_id
    if not command.accept and not command.answer:
        raise InvalidInput.at("/answer", "Say why it is refused.", "须说明不予更正的理由。")
    enterprise = load_enterprise(session, caller, enterprise_id, today, lock=True)
    correction = load(session, Correction, correction_id, seen, lock=True)
    correction.decide(command.accept, command.answer, today)
    if command.accept:
        enterprise.require_standing()
        fields = {
            name: date.fromisoformat(value) if name in DAYS and value else value
            for name, value in correction.changes.items()
        }
        apply_changes(session, enterprise, fields, clock)
    audit.record(
        session,
        caller,
        "correction.decided",
        correction.id,
        {"enterprise_id": enterprise.id, "accepted": command.accept, "answer": command.answer},
        clock,
    )
    return correction
