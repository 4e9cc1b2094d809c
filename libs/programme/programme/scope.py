"""The dated tree of divisions, and what of it a caller may see.

Figures are added up along the tree as it stood on a day, never by the digits of a code. A code that does not hold on
that day stands for its successor, or before its time for its predecessor, so that a record keeps its place whatever
code it was entered with. Both ends of a validity are days on which it holds: `valid_from <= on <= valid_to`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.errors import Forbidden
from programme.callers import Caller, Role
from programme.tables import division

_INSERT = insert(division)
UPSERT = _INSERT.on_conflict_do_update(
    index_elements=["code", "valid_from"],
    set_={column.name: _INSERT.excluded[column.name] for column in division.columns if not column.primary_key},
)
# Enterprises, CQOs and other systems see rows of their own, which only the service can tell.
ROLES_WITH_ROWS_OF_THEIR_OWN = frozenset({Role.ENTERPRISE, Role.CQO, Role.SYSTEM})


class OutsideDivision(Forbidden):
    """This division lies outside yours."""

    zh = "该区划不在您的管辖范围内。"


@dataclass(frozen=True)
class Placement:
    """Where a division lies from a day until a day, both included; a reader's record of `division.placed.v1`.

    `level` is province, prefecture or county. `parent` is None for the province alone. `successor` is the code that
    takes its place after `valid_to`, if there is one.
    """

    code: str
    name: str
    level: str
    parent: str | None
    valid_from: date
    valid_to: date | None = None
    successor: str | None = None


def within(column: ColumnElement[str], caller: Caller, on: date) -> ColumnElement[bool]:
    """Whether `column`, a division's code, lies in the caller's subtree on that day.

    Some roles see rows of their own, which only the service can tell; by division they see nothing, so a query that
    forgets them shows too little and never too much.
    """
    if caller.role in ROLES_WITH_ROWS_OF_THEIR_OWN:
        return false()
    if caller.division is not None:
        return column.in_(subtree(caller.division, on))
    return true() if sees_whole_province(caller) else false()


def sees_whole_province(caller: Caller) -> bool:
    """Whether no division limits what the caller sees; one that its token names does, whatever its role."""
    limited = caller.role in ROLES_WITH_ROWS_OF_THEIR_OWN or caller.role == Role.DIVISION
    return caller.division is None and not limited


def subtree(code: str, on: date) -> Select[str]:
    """The codes of `code` and of all below it on that day, with the codes that stand for one of these."""
    placed = _placements_on(on)
    standing = _codes_that_stand(placed)
    below = select(standing.c.stands_for.label("code")).where(standing.c.code == code).cte(recursive=True)
    below = below.union(select(placed.c.code).join(below, placed.c.parent == below.c.code))
    return select(standing.c.code).join(below, standing.c.stands_for == below.c.code)


def each_below(caller: Caller, on: date) -> CTE | None:
    """Each code of the subtree that staff of a division look after, as `code`; None for other callers.

    For `paginate(each_of=…)`, where an index has the rows of each code in the order of pages: a page ends when it is
    full, however many rows there are.
    """
    if caller.role != Role.DIVISION or caller.division is None:
        return None
    return each_once(subtree(caller.division, on))


def each_once(codes: Select[str]) -> CTE:
    """These codes, for `paginate(each_of=…)`.

    Materialized, or the planner may ask for every code and leave out the others afterwards. Each once: a code that
    stands for two of a subtree is in it twice.
    """
    return codes.distinct().cte().prefix_with("MATERIALIZED")


def reporting_units(on: date) -> Select[str, str]:
    """Each code with its reporting unit on that day, as the columns `code` and `unit`.

    The unit is the division directly below the province in which the code lies. The province has none.
    """
    placed = _placements_on(on)
    root = placed.alias()
    below_the_province = select(placed.c.code).join(root, placed.c.parent == root.c.code).where(root.c.parent.is_(None))
    return _rolled_up(placed, _codes_that_stand(placed), below_the_province)


def units_for(caller: Caller, on: date) -> Select[str, str]:
    """Each code with the unit by which this caller is given figures on that day, as the columns `code` and `unit`.

    To who looks after the province that is the reporting unit. To who looks after a division it is this division alone,
    by the code that it had on that day.
    """
    if caller.division is None:
        return reporting_units(on)
    placed = _placements_on(on)
    standing = _codes_that_stand(placed)
    own = select(standing.c.stands_for).where(standing.c.code == caller.division)
    root = placed.alias()
    roots = (
        select(placed.c.code)
        .outerjoin(root, placed.c.parent == root.c.code)
        .where(
            or_(
                and_(placed.c.parent.is_not(None), placed.c.code.in_(own)),
                and_(root.c.parent.is_(None), root.c.code.in_(own)),  # the caller's division is the province
            )
        )
    )
    return _rolled_up(placed, standing, roots)


def _rolled_up(placed: CTE, standing: CTE, roots: Select[str]) -> Select[str, str]:
    """Each code that lies in one of `roots`, or stands for a code that does, with that root as `unit`."""
    root = roots.subquery()
    unit = select(root.c.code.label("code"), root.c.code.label("unit")).cte(recursive=True)
    child = placed.alias()
    unit = unit.union(select(child.c.code, unit.c.unit).join(unit, child.c.parent == unit.c.code))
    # A code that stands for several (it was merged into or split from them) counts once, with the least of them.
    return (
        select(standing.c.code, func.min(unit.c.unit).label("unit"))
        .join(unit, standing.c.stands_for == unit.c.code)
        .group_by(standing.c.code)
    )


def require_within(session: Session, code: str, caller: Caller, on: date) -> None:
    """Refuses a change in a division that the caller does not look after."""
    if sees_whole_province(caller):
        return
    if not session.scalar(select(within(literal(code, Text), caller, on))):
        raise OutsideDivision(division=code)


def require_whole_province(caller: Caller) -> None:
    """Refuses a caller whose token names a division what can't be told apart by divisions."""
    if not sees_whole_province(caller):
        raise OutsideDivision()


def parents(session: Session, on: date) -> dict[str, str | None]:
    """The division above each on that day; None above the province."""
    placed = select(division.c.code, division.c.parent).where(holds(division, on))
    return {code: parent for code, parent in session.execute(placed)}


def is_placed(session: Session, code: str, on: date) -> bool:
    """Whether there is a division of that code on that day."""
    found = exists().where(division.c.code == code, holds(division, on))
    return bool(session.scalar(select(found)))


def holds(placements: FromClause, on: date) -> ColumnElement[bool]:
    """Whether a row of `placements`, which is `division` or an alias of it, holds on that day."""
    columns = placements.c
    return and_(columns.valid_from <= on, or_(columns.valid_to.is_(None), columns.valid_to >= on))


def upsert_placements(session: Session, placements: Iterable[Placement]) -> None:
    """Enters placements; twice changes nothing, and the last one about a code and a day holds."""
    rows = {(placement.code, placement.valid_from): vars(placement) for placement in placements}
    if rows:
        session.execute(UPSERT, list(rows.values()))


def _placements_on(on: date) -> CTE:
    """The placements that hold on that day: code and parent.

    No common table expression of this module has a name of its own, since a query may use several trees.
    """
    placement = division.alias()
    return select(placement.c.code, placement.c.parent).where(holds(placement, on)).cte()


def _codes_that_stand(placed: CTE) -> CTE:
    """Each code with the code of `placed` for which it stands; a code of `placed` stands for itself.

    It starts from the codes that hold, and goes along the successions in both directions: back to the codes that these
    have replaced, and on to the codes that will replace them. It stops at a code that holds itself.
    """
    old, new = division.alias(), division.alias()
    succession = union_all(
        select(old.c.code.label("code"), old.c.successor.label("next")).where(old.c.successor.is_not(None)),
        select(new.c.successor.label("code"), new.c.code.label("next")).where(new.c.successor.is_not(None)),
    ).cte()
    standing = select(placed.c.code, placed.c.code.label("stands_for")).cte(recursive=True)
    present = placed.alias()
    return standing.union(
        select(succession.c.code, standing.c.stands_for)
        .join(standing, succession.c.next == standing.c.code)
        .where(~exists().where(present.c.code == succession.c.code))
    )
