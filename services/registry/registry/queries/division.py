"""The dated tree of divisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from chassis.http import Page, PageArguments, paginate
from programme.tables import division as tree
from registry.domain.division_changes import EnteredChange
from registry.domain.divisions import Placement
from registry.storage import division_change

ON_A_DAY = (
    select(tree)
    .where(
        tree.c.valid_from <= bindparam("on"),
        or_(tree.c.valid_to.is_(None), tree.c.valid_to >= bindparam("on")),
    )
    .order_by(tree.c.code)
)
OF_A_CODE = select(tree).where(tree.c.code == bindparam("code")).order_by(tree.c.valid_from)


@dataclass(frozen=True)
class DivisionWithPlacements:
    """A division by its last name, and where it stood, the oldest placement first."""

    code: str
    name: str
    placements: list[Placement]


def divisions(session: Session, on: date) -> list[Placement]:
    """The tree as it stood on a day."""
    return [Placement(**row._mapping) for row in session.execute(ON_A_DAY, {"on": on})]


def division_with_placements(session: Session, code: str) -> DivisionWithPlacements:
    """A division with all its placements."""
    placements = [Placement(**row._mapping) for row in session.execute(OF_A_CODE, {"code": code})]
    if not placements:
        raise NotFound()
    return DivisionWithPlacements(code, placements[-1].name, placements)


def division_changes(session: Session, page: PageArguments) -> Page:
    """The changes entered, the last one first."""
    return paginate(session, select(EnteredChange), [division_change.c.id], page, descending=True)
