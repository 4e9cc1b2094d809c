"""Whom events concern, and by which names they go; read at once for all events of a batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ARRAY, Row, Table, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from chassis.errors import Transient
from chassis.messaging import Envelope
from notifications.domain.recipients import Parties
from notifications.storage import appointment, enterprise, person, training_class
from programme.scope import division

MAX_SUCCESSIONS = 5
IDS = bindparam("ids", type_=ARRAY(Text))
# Built once: SQLAlchemy takes longer to build a statement than to have it executed.
BY_ID = {
    table: select(table).where(table.c.id == func.any(IDS))
    for table in (person, enterprise, appointment, training_class)
}
EMPLOYERS = (
    select(appointment.c.person_id, appointment.c.enterprise_id)
    .ext(distinct_on(appointment.c.person_id))
    .where(appointment.c.person_id == func.any(IDS), appointment.c.ended_on.is_(None))
    .order_by(appointment.c.person_id, appointment.c.made_on.desc(), appointment.c.id.desc())
)
DIVISIONS = select(division).order_by(division.c.code, division.c.valid_from)


@dataclass(frozen=True)
class Directory:
    """What is known here of those whom some events concern: rows by id, and each division's placements by code."""

    people: Mapping[str, Row[Any]]
    enterprises: Mapping[str, Row[Any]]
    appointments: Mapping[str, Row[Any]]
    classes: Mapping[str, Row[Any]]
    appointing: Mapping[str, str]  # by person, the enterprise whose CQO they are
    divisions: Mapping[str, Sequence[Row[Any]]]

    @classmethod
    def read(cls, session: Session, events: Sequence[Envelope]) -> Directory:
        """The directory for `events`, in six queries however many they are."""

        def named(field: str) -> set[str]:
            return {event.data[field] for event in events if event.data.get(field)}

        people = _rows(session, person, named("person_id"))
        appointing: dict[str, str] = {}
        if people:
            appointing = {row.person_id: row.enterprise_id for row in session.execute(EMPLOYERS, {"ids": list(people)})}
        employing = {row.enterprise_id for row in people.values() if row.enterprise_id}
        enterprises = _rows(session, enterprise, named("enterprise_id") | employing | set(appointing.values()))
        divisions = defaultdict(list)
        for row in session.execute(DIVISIONS):
            divisions[row.code].append(row)
        return cls(
            people,
            enterprises,
            _rows(session, appointment, named("appointment_id")),
            _rows(session, training_class, named("class_id")),
            appointing,
            divisions,
        )

    def resolve(self, event: Envelope, on: date) -> tuple[Parties, dict[str, Any]]:
        """The parties of `event` on that day, and what a text may say of them.

        Raises Transient if one of them is not known here yet: its registration comes from another service, in its own
        time.
        """
        data = event.data
        holder = _known("person", self.people, data.get("person_id"))
        firm_id = self._enterprise_of(event, holder)
        firm = _known("enterprise", self.enterprises, firm_id)
        code = (
            data.get("division") or event.division or (firm.division if firm else holder.division if holder else None)
        )
        code = present_code(self.divisions, code, on) if code else None
        place = self.appointments.get(data.get("appointment_id", ""))
        course = self.classes.get(data.get("class_id", ""))
        names = {
            "person_name": holder.name if holder else None,
            "enterprise_name": firm.name if firm else None,
            "division_name": division_name(self.divisions, code, on) if code else None,
            "position": place.position if place else None,
            "class_name": data.get("class_name") or (course.name if course else None),
        }
        return Parties(data.get("person_id"), firm_id, code), names

    def _enterprise_of(self, event: Envelope, holder: Row[Any] | None) -> str | None:
        """The enterprise concerned. A certificate outlives jobs, so it is the holder's present employer that counts."""
        named: str | None = event.data.get("enterprise_id")
        if holder is None or not event.type.startswith("certificate."):
            return named or (holder.enterprise_id if holder else None)
        return self.appointing.get(holder.id) or holder.enterprise_id or named


def _rows(session: Session, table: Table, ids: Collection[str]) -> dict[str, Row[Any]]:
    return {row.id: row for row in session.execute(BY_ID[table], {"ids": sorted(ids)})} if ids else {}


def _known(kind: str, rows: Mapping[str, Row[Any]], object_id: str | None) -> Row[Any] | None:
    if object_id is None:
        return None
    if object_id not in rows:
        raise Transient(f"{kind} {object_id} is not known here (yet)")
    return rows[object_id]


def _in_force(placements: Iterable[Row[Any]], on: date) -> Row[Any] | None:
    return next((row for row in placements if row.valid_from <= on and (row.valid_to or on) >= on), None)


def present_code(divisions: Mapping[str, Sequence[Row[Any]]], code: str, on: date) -> str:
    """The code in force on that day for a division that may have been merged or renumbered since it was entered."""
    for _ in range(MAX_SUCCESSIONS):
        placements = divisions.get(code, ())
        if not placements or _in_force(placements, on) or placements[-1].successor is None:
            return code
        code = placements[-1].successor
    return code


def division_name(divisions: Mapping[str, Sequence[Row[Any]]], code: str, on: date) -> str:
    """A division's name as an address says it: the county's behind its prefecture's, 长春市南关区."""
    row = _in_force(divisions.get(code, ()), on)
    if row is None:
        # The tree is announced by registry once, at its first start; a notice does not wait for it.
        return code
    upper = _in_force(divisions.get(row.parent or "", ()), on)
    is_address = row.level == "county" and upper is not None and upper.level == "prefecture"
    return f"{upper.name}{row.name}" if is_address and upper else str(row.name)
