"""A certificate follows its holder: whoever employs them now may read it, and so may the division of that firm."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ARRAY, ColumnElement, Text, Update, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from training import storage

_HELD, _PERSON, _FIRM = storage.certificate.c, storage.person.c, storage.enterprise.c
IDS = bindparam("ids", type_=ARRAY(Text))
_WORKS_IN = (
    select(_PERSON.id, _PERSON.enterprise_id, func.coalesce(_FIRM.division, _PERSON.division).label("division"))
    .select_from(storage.person.outerjoin(storage.enterprise, _FIRM.id == _PERSON.enterprise_id))
    .subquery("works_in")
)


def _follow(of: ColumnElement[bool]) -> Update:
    now = _WORKS_IN.c
    elsewhere = or_(_HELD.enterprise_id.is_distinct_from(now.enterprise_id), _HELD.division != now.division)
    followed = update(storage.certificate).values(enterprise_id=now.enterprise_id, division=now.division)
    return followed.where(_HELD.person_id == now.id, elsewhere, of).execution_options(synchronize_session=False)


FOLLOW_PEOPLE = _follow(_HELD.person_id == func.any(IDS))
FOLLOW_FIRMS = _follow(_HELD.enterprise_id == func.any(IDS))


def follow_people(session: Session, person_ids: Collection[str]) -> None:
    """The certificates of these people are where the people are."""
    if person_ids:
        session.execute(FOLLOW_PEOPLE, {"ids": sorted(person_ids)})


def follow_firms(session: Session, enterprise_ids: Collection[str]) -> None:
    """The certificates of those who work in these enterprises are where the enterprises are."""
    session.execute(FOLLOW_FIRMS, {"ids": sorted(enterprise_ids)})
