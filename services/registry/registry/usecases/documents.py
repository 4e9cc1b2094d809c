"""Keeping the papers of an appointment (R25)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load
from chassis.ids import new_id
from chassis.json_types import JsonValue
from chassis.security import audit
from programme.callers import Caller
from registry.domain.document import MOST, AppointmentDocument, Paper, TooManyDocuments
from registry.storage import appointment_document
from registry.usecases.access import load_appointment


class Kept(NamedTuple):
    """A file without its content."""

    id: str
    paper: Paper
    name: str
    media_type: str
    size: int
    sha256: str
    recorded_on: date


DOCUMENTS = (
    select(*(appointment_document.c[name] for name in Kept._fields))
    .where(appointment_document.c.appointment_id == bindparam("appointment_id"))
    .order_by(appointment_document.c.id)
)


@dataclass(frozen=True, kw_only=True)
class KeepDocument:
    """Keep a file of an appointment under a name."""

    paper: Paper
    name: str
    content: bytes


def keep(
    session: Session, caller: Caller, appointment_id: str, command: KeepDocument, clock: Clock
) -> AppointmentDocument | Kept:
    """Keeps a file; one that is there already is not kept a second time."""
    appointment = load_appointment(session, caller, appointment_id, clock.today(), lock=True)
    kept = documents_of(session, appointment.id)
    new = AppointmentDocument.of(new_id(), appointment.id, command.paper, command.name, command.content, clock.today())
    for each in kept:
        if (each.sha256, each.paper) == (new.sha256, new.paper):
            return each
    if len(kept) >= MOST:
        raise TooManyDocuments()
    session.add(new)
    details: dict[str, JsonValue] = {
        "document_id": new.id,
        "paper": str(new.paper),
        "sha256": new.sha256,
        "size": new.size,
    }
    audit.record(session, caller, "appointment.document_kept", appointment.id, details, clock)
    return new


def documents_of(session: Session, appointment_id: str) -> list[Kept]:
    """An appointment's files, without their content."""
    return [Kept._make(row) for row in session.execute(DOCUMENTS, {"appointment_id": appointment_id})]


def document(
    session: Session, caller: Caller, appointment_id: str, document_id: str, clock: Clock
) -> AppointmentDocument:
    """A file of an appointment that the caller may see, with its content."""
    found = load_appointment(session, caller, appointment_id, clock.today())
    return load(session, AppointmentDocument, document_id, appointment_document.c.appointment_id == found.id)
