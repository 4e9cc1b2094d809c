"""What other services' events tell about those who are to be told: each row is its object after its last event."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.storage import appointment, contact, enterprise, person, training_class


@functools.cache  # built once: SQLAlchemy takes longer to build a statement than to have it executed
def _upsert(table: Table) -> Any:
    keys = [column.name for column in table.primary_key]
    statement = insert(table)
    changes = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changes)


def _keep(session: Session, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Writes whole rows, the last one of each key, in the order of their keys so that no two batches can deadlock."""
    last = {tuple(row[column.name] for column in table.primary_key): row for row in rows}
    session.execute(_upsert(table), [last[key] for key in sorted(last)])


def keep_people(session: Session, events: Sequence[Envelope]) -> None:
    """People were registered or changed."""
    fields = ("name", "division", "enterprise_id")
    _keep(session, person, ({"id": e.data["person_id"], **_of(e, fields)} for e in events))


def keep_enterprises(session: Session, events: Sequence[Envelope]) -> None:
    """Enterprises were registered or changed."""
    _keep(session, enterprise, ({"id": e.data["enterprise_id"], **_of(e, ("name", "division"))} for e in events))


def keep_appointments(session: Session, events: Sequence[Envelope]) -> None:
    """Appointments were made."""
    fields = ("person_id", "enterprise_id", "position")
    rows = (
        {"id": e.data["appointment_id"], "made_on": e.data["on"], "ended_on": None, **_of(e, fields)} for e in events
    )
    _keep(session, appointment, rows)


def end_appointments(session: Session, events: Sequence[Envelope]) -> None:
    """Appointments have ended."""
    session.execute(ENDED, [{"ended": e.data["appointment_id"], "day": e.data["on"]} for e in events])


def keep_classes(session: Session, events: Sequence[Envelope]) -> None:
    """Nominations name their class."""
    _keep(session, training_class, ({"id": e.data["class_id"], "name": e.data["class_name"]} for e in events))


def keep_contacts(session: Session, events: Sequence[Envelope], personal_data: PersonalDataCipher) -> None:
    """How owners are reached was changed. What is stored is sealed."""
    rows = []
    for event in events:
        sealed = personal_data.reseal(event.data["owner_id"], event.data["jwe"])
        rows.append({**_of(event, ("owner_kind", "owner_id")), "email": sealed.email, "phone": sealed.phone})
    _keep(session, contact, rows)


def _of(event: Envelope, fields: Sequence[str]) -> dict[str, Any]:
    return {name: event.data[name] for name in fields}


ENDED = update(appointment).where(appointment.c.id == bindparam("ended")).values(ended_on=bindparam("day"))
