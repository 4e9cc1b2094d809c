"""Whom events concern, and by which names they go; read at once for all events of a batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import NamedTuple, TypeVar

from sqlalchemy import ARRAY, Column, Date, Select, Text, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from chassis.errors import Transient
from notifications import storage
from notifications.domain.placements import (
    Placement,
    Placements,
    division_name,
    prefecture_of,
    present_code,
    province,
)
from notifications.domain.recipients import Mentions, Parties
from programme.tables import division as division_table


class Person(NamedTuple):
    id: str
    name: str
    division: str
    enterprise_id: str | None  # to which they belong


class Enterprise(NamedTuple):
    id: str
    name: str
    division: str


class Appointment(NamedTuple):
    id: str
    position: str


class TrainingClass(NamedTuple):
    id: str
    name: str


@dataclass(frozen=True)
class Names:
    """What a text may say of those whom an event concerns; None where it concerns none of that kind."""

    person_name: str | None
    enterprise_name: str | None
    division_name: str | None
    position: str | None
    class_name: str | None


RowT = TypeVar("RowT", Person, Enterprise, Appointment, TrainingClass)
IDS = bindparam("ids", type_=ARRAY(Text))


def _by_id(key: Column[str], *others: Column[str]) -> Select[*tuple[object, ...]]:
    return select(key, *others).where(key == func.any(IDS))


# Built once: SQLAlchemy takes longer to build a statement than to have it executed.
BY_ID: Mapping[type, Select[*tuple[object, ...]]] = {
    Person: _by_id(*(storage.person.c[name] for name in Person._fields)),
    Enterprise: _by_id(*(storage.enterprise.c[name] for name in Enterprise._fields)),
    Appointment: _by_id(*(storage.appointment.c[name] for name in Appointment._fields)),
    TrainingClass: _by_id(*(storage.training_class.c[name] for name in TrainingClass._fields)),
}
MADE = storage.appointment.c
EMPLOYERS = (
    select(MADE.person_id, MADE.enterprise_id)
    .ext(distinct_on(MADE.person_id))
    # The last day of an appointment still counts.
    .where(MADE.person_id == func.any(IDS), or_(MADE.ended_on.is_(None), MADE.ended_on >= bindparam("on", type_=Date)))
    .order_by(MADE.person_id, MADE.made_on.desc(), MADE.id.desc())
)
PLACEMENTS = select(*(division_table.c[name] for name in Placement._fields)).order_by(
    division_table.c.code, division_table.c.valid_from
)


@dataclass(frozen=True)
class Directory:
    """What is known here of those whom some events concern."""

    people: Mapping[str, Person]
    enterprises: Mapping[str, Enterprise]
    appointments: Mapping[str, Appointment]
    classes: Mapping[str, TrainingClass]
    appointing: Mapping[str, str]  # by person, the enterprise whose CQO they are
    divisions: Placements
    on: date

    @cached_property
    def province(self) -> str | None:
        """The province's code; None before the tree has been announced."""
        return province(self.divisions, self.on)

    def office_name(self, code: str) -> str:
        """The name of an office as a letter addresses it."""
        return f"{division_name(self.divisions, code, self.on)}市场监督管理部门"

    @classmethod
    def read(cls, session: Session, mentions: Collection[Mentions], on: date) -> Directory:
        """The directory of that day for those mentioned, in six queries however many they are."""
        people = _rows(session, Person, {each.person_id for each in mentions})
        appointing: dict[str, str] = {}
        if people:
            found = session.execute(EMPLOYERS, {"ids": list(people), "on": on})
            appointing = {row.person_id: row.enterprise_id for row in found}
        employing = {each.enterprise_id for each in people.values()}
        mentioned = {each.enterprise_id for each in mentions}
        return cls(
            people,
            _rows(session, Enterprise, mentioned | employing | set(appointing.values())),
            _rows(session, Appointment, {each.appointment_id for each in mentions}),
            _rows(session, TrainingClass, {each.class_id for each in mentions}),
            appointing,
            _placements(session),
            on,
        )

    def resolve(self, mentioned: Mentions, division: str | None, on: date) -> tuple[Parties, Names]:
        """Whom an event concerns on that day, and their names; `division` is the one in its envelope.

        Raises Transient if one of them is not known here yet: its registration comes from another service, in its own
        time.
        """
        holder = self._person(mentioned.person_id)
        enterprise = self._enterprise(self._enterprise_concerned(mentioned, holder))
        code = self._division_concerned(mentioned, division, enterprise, holder, on)
        names = self.names(replace(mentioned, enterprise_id=enterprise.id if enterprise else None, division=code))
        above = prefecture_of(self.divisions, code, on) if code else None
        enterprise_id = enterprise.id if enterprise else None
        return Parties(mentioned.person_id, enterprise_id, code, above, self.province), names

    def names(self, concerned: Mentions) -> Names:
        """The names of those who are concerned; None of those who are not known here."""
        person = self.people.get(concerned.person_id or "")
        enterprise = self.enterprises.get(concerned.enterprise_id or "")
        appointment = self.appointments.get(concerned.appointment_id or "")
        training_class = self.classes.get(concerned.class_id or "")
        return Names(
            person_name=person.name if person else None,
            enterprise_name=enterprise.name if enterprise else None,
            division_name=division_name(self.divisions, concerned.division, self.on) if concerned.division else None,
            position=appointment.position if appointment else None,
            class_name=training_class.name if training_class else None,
        )

    def _person(self, person_id: str | None) -> Person | None:
        if person_id is not None and person_id not in self.people:
            raise Transient(f"person {person_id} is not known here (yet)")
        return self.people[person_id] if person_id is not None else None

    def _enterprise(self, enterprise_id: str | None) -> Enterprise | None:
        if enterprise_id is not None and enterprise_id not in self.enterprises:
            raise Transient(f"enterprise {enterprise_id} is not known here (yet)")
        return self.enterprises[enterprise_id] if enterprise_id is not None else None

    def _enterprise_concerned(self, mentioned: Mentions, holder: Person | None) -> str | None:
        """The enterprise mentioned, or the person's; of a certificate's holder, the present employer before it."""
        if holder is None:
            return mentioned.enterprise_id
        if not mentioned.concerns_present_employer:
            return mentioned.enterprise_id or holder.enterprise_id
        return self.appointing.get(holder.id) or holder.enterprise_id or mentioned.enterprise_id

    def _division_concerned(
        self,
        mentioned: Mentions,
        division: str | None,
        enterprise: Enterprise | None,
        holder: Person | None,
        on: date,
    ) -> str | None:
        """The division in the event, else the enterprise's or the person's; under its present code.

        What happens to a certificate concerns the division in which its holder works now, whatever its event says.
        """
        home = enterprise or holder
        code = mentioned.division or division or (home.division if home else None)
        if mentioned.concerns_present_employer and home is not None:
            code = home.division
        return present_code(self.divisions, code, on) if code else None


def _rows(session: Session, kind: type[RowT], ids: Collection[str | None]) -> dict[str, RowT]:
    wanted = sorted(each for each in ids if each)
    if not wanted:
        return {}
    return {found.id: found for found in map(kind._make, session.execute(BY_ID[kind], {"ids": wanted}))}


def _placements(session: Session) -> Mapping[str, Sequence[Placement]]:
    found: dict[str, list[Placement]] = defaultdict(list)
    for row in session.execute(PLACEMENTS):
        found[row.code].append(Placement._make(row))
    return found
