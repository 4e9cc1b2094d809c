"""What other services' events tell about those who are to be told: each row is its object after its last event."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Table, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from notifications.sealing import Vault
from notifications.storage import appointment, contact, enterprise, person, training_class


def _keep(session: Session, table: Table, values: dict[str, Any]) -> None:
    keys = [column.name for column in table.primary_key]
    statement = insert(table).values(values)
    changes = {name: statement.excluded[name] for name in values if name not in keys}
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changes))


def keep_person(session: Session, data: dict[str, Any]) -> None:
    """A person was registered or changed."""
    values = {name: data[name] for name in ("name", "division", "enterprise_id")}
    _keep(session, person, {"id": data["person_id"], **values})


def keep_enterprise(session: Session, data: dict[str, Any]) -> None:
    """An enterprise was registered or changed."""
    _keep(session, enterprise, {"id": data["enterprise_id"], "name": data["name"], "division": data["division"]})


def keep_appointment(session: Session, data: dict[str, Any]) -> None:
    """An appointment was made."""
    values = {name: data[name] for name in ("person_id", "enterprise_id", "position")}
    _keep(session, appointment, {"id": data["appointment_id"], "made_on": data["on"], **values})


def end_appointment(session: Session, appointment_id: str, on: date) -> None:
    """An appointment has ended."""
    session.execute(update(appointment).where(appointment.c.id == appointment_id).values(ended_on=on))


def keep_class(session: Session, data: dict[str, Any]) -> None:
    """A nomination names its class."""
    _keep(session, training_class, {"id": data["class_id"], "name": data["class_name"]})


def keep_contact(session: Session, data: dict[str, Any], vault: Vault) -> None:
    """How an owner is reached was changed. What is stored is sealed."""
    sealed = vault.reseal(data["owner_id"], data["jwe"])
    values = {"email": sealed.email, "phone": sealed.phone}
    _keep(session, contact, {"owner_kind": data["owner_kind"], "owner_id": data["owner_id"], **values})
