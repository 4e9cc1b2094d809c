"""Entering what an enterprise is recognised as in a year, which may give it the duty to have a CQO (R12–R14)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme.callers import Caller
from registry import storage
from registry.domain.recognition import Recognition, RecognitionKind, flags_of
from registry.domain.recognition import recognise as decide
from registry.usecases.access import load_enterprise
from registry.usecases.enterprises import apply_changes

OF_THE_YEAR = select(Recognition).where(
    storage.recognition.c.enterprise_id == bindparam("enterprise_id"),
    storage.recognition.c.kind == bindparam("kind"),
    storage.recognition.c.year == bindparam("year"),
)


@dataclass(frozen=True)
class Recognise:
    """Recognise an enterprise in a year, by a document."""

    kind: RecognitionKind
    year: int
    value: str
    document: str


def recognise(session: Session, caller: Caller, enterprise_id: str, command: Recognise, clock: Clock) -> Recognition:
    """Enters it, or enters it anew; that of the present year also sets the enterprise's flag."""
    today = clock.today()
    enterprise = load_enterprise(session, caller, enterprise_id, today, lock=True)
    kind, year, value, document = command.kind, command.year, command.value, command.document
    recognised = decide(enterprise, kind, year, value, document, today)
    known = session.scalars(OF_THE_YEAR, {"enterprise_id": enterprise.id, "kind": kind, "year": year}).one_or_none()
    entry = known or Recognition(new_id(), enterprise.id, kind, year, value, document, today)
    if known is None:
        session.add(entry)
    elif (entry.value, entry.document) == (value, document):
        return entry
    entry.value, entry.document, entry.recorded_on = value, document, today
    outbox.add(session, enterprise, recognised, clock)
    apply_changes(session, enterprise, flags_of(kind, year, value, today), clock)
    audit.record(
        session,
        caller,
        "enterprise.recognised",
        enterprise.id,
        {"kind": str(kind), "year": year, "value": value, "document": document},
        clock,
    )
    return entry
