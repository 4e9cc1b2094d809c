"""Finding the enterprises and people that a request names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from programme import scope
from programme.callers import Caller
from training import storage
from training.domain.parties import Enterprise, Person

ENTERPRISES, PEOPLE = storage.enterprise.c, storage.person.c
SELECT_ENTERPRISES = select(ENTERPRISES.id, ENTERPRISES.name, ENTERPRISES.division)
SELECT_PEOPLE = select(PEOPLE.id, PEOPLE.name, PEOPLE.division, PEOPLE.enterprise_id)


def enterprises_by_id(session: Session, ids: Iterable[str]) -> dict[str, Enterprise]:
    """Those of the enterprises that are known here."""
    return {row.id: Enterprise(*row) for row in session.execute(SELECT_ENTERPRISES.where(ENTERPRISES.id.in_(set(ids))))}


def holders(session: Session, class_id: str) -> dict[str, Person]:
    """Those enrolled in a class, where they work now: `division` is their firm's, or their own if they have none.

    They stay so until the transaction ends: who changes meanwhile has a certificate to take along.
    """
    division = func.coalesce(ENTERPRISES.division, PEOPLE.division)
    enrolled = select(storage.enrolment.c.person_id).where(storage.enrolment.c.class_id == class_id)
    wanted = (
        select(PEOPLE.id, PEOPLE.name, division, PEOPLE.enterprise_id, ENTERPRISES.name)
        .select_from(storage.person.outerjoin(storage.enterprise, ENTERPRISES.id == PEOPLE.enterprise_id))
        .where(PEOPLE.id.in_(enrolled))
        .order_by(PEOPLE.id)
        .with_for_update(read=True, of=storage.person)
    )
    return {row.id: Person(*row) for row in session.execute(wanted)}


def people_by_id(
    session: Session, ids: Iterable[str], caller: Caller | None = None, on: date | None = None
) -> dict[str, Person]:
    """Those of the people that are known here; of a caller's divisions on a day, if these are given."""
    wanted = SELECT_PEOPLE.where(PEOPLE.id.in_(set(ids)))
    if caller is not None and on is not None:
        wanted = wanted.where(scope.within(PEOPLE.division, caller, on))
    return {row.id: Person(*row) for row in session.execute(wanted)}
