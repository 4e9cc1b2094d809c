"""Whom an event concerns, and by which names they go."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chassis.errors import Transient
from chassis.events import Envelope
from chassis.scope import division
from notifications.domain.recipients import Parties
from notifications.storage import appointment, enterprise, person, training_class

MAX_SUCCESSIONS = 5


def resolve(session: Session, event: Envelope, on: date) -> tuple[Parties, dict[str, Any]]:
    """The parties of `event` on that day, and what a text may say of them.

    Raises Transient if one of them is not known here yet: its registration comes from another service, in its own time.
    """
    data = event.data
    holder = _known(session, person, data.get("person_id"))
    firm_id = _enterprise_of(session, event, holder)
    firm = _known(session, enterprise, firm_id)
    code = data.get("division") or event.division or (firm or holder or {}).get("division")
    code = present_code(session, code, on) if code else None
    names = {
        "person_name": holder["name"] if holder else None,
        "enterprise_name": firm["name"] if firm else None,
        "division_name": division_name(session, code, on) if code else None,
        "position": _position(session, data.get("appointment_id")),
        "class_name": data.get("class_name") or _class_name(session, data.get("class_id")),
    }
    return Parties(data.get("person_id"), firm_id, code), names


def _known(session: Session, table: Any, object_id: str | None) -> dict[str, Any] | None:
    if object_id is None:
        return None
    row = session.execute(select(table).where(table.c.id == object_id)).mappings().one_or_none()
    if row is None:
        raise Transient(f"{table.name} {object_id} is not known here (yet)")
    return dict(row)


def _enterprise_of(session: Session, event: Envelope, holder: dict[str, Any] | None) -> str | None:
    """The enterprise concerned. A certificate outlives jobs, so it is the holder's present employer that counts."""
    named = event.data.get("enterprise_id")
    if holder is None or not event.type.startswith("certificate."):
        return named or (holder["enterprise_id"] if holder else None)
    appointing = session.scalar(
        select(appointment.c.enterprise_id)
        .where(appointment.c.person_id == holder["id"], appointment.c.ended_on.is_(None))
        .order_by(appointment.c.made_on.desc(), appointment.c.id.desc())
        .limit(1)
    )
    return appointing or holder["enterprise_id"] or named


def _position(session: Session, appointment_id: str | None) -> str | None:
    if appointment_id is None:
        return None
    return session.scalar(select(appointment.c.position).where(appointment.c.id == appointment_id))


def _class_name(session: Session, class_id: str | None) -> str | None:
    if class_id is None:
        return None
    return session.scalar(select(training_class.c.name).where(training_class.c.id == class_id))


def present_code(session: Session, code: str, on: date) -> str:
    """The code in force on that day for a division that may have been merged or renumbered since it was entered."""
    for _ in range(MAX_SUCCESSIONS):
        rows = session.execute(select(division).where(division.c.code == code).order_by(division.c.valid_from)).all()
        if not rows or any(row.valid_from <= on and (row.valid_to is None or row.valid_to >= on) for row in rows):
            return code
        if rows[-1].successor is None:
            return code
        code = rows[-1].successor
    return code


def division_name(session: Session, code: str, on: date) -> str:
    """A division's name as an address says it: the county's behind its prefecture's, 长春市南关区."""
    holds = (division.c.valid_from <= on, or_(division.c.valid_to.is_(None), division.c.valid_to >= on))
    row = session.execute(select(division).where(division.c.code == code, *holds)).first()
    if row is None:
        # The tree is announced by registry once, at its first start; a notice does not wait for it.
        return code
    if row.level != "county" or row.parent is None:
        return str(row.name)
    upper = session.execute(select(division).where(division.c.code == row.parent, *holds)).first()
    return f"{upper.name}{row.name}" if upper is not None and upper.level == "prefecture" else str(row.name)
