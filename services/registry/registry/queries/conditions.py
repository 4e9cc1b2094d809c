"""The conditions of which the lists' filters are made."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, Table, exists, select
from sqlalchemy.sql.selectable import LateralFromClause

from programme import scope
from registry.domain.appointment import AppointmentStatus
from registry.storage import appointment

Conditions = list[ColumnElement[bool]]


def equal(table: Table, **wanted: object) -> Conditions:
    """Each column named has the value given; None asks for nothing."""
    return [table.c[name] == value for name, value in wanted.items() if value is not None]


def within(table: Table, division: str | None, on: date) -> Conditions:
    """The row lies in the division, or below it, by the tree of that day."""
    return [] if division is None else [table.c.division.in_(scope.subtree(division, on))]


def named(table: Table, words: str | None) -> Conditions:
    """The name holds these words."""
    if words is None:
        return []
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [table.c.name.ilike(f"%{escaped}%")]


def is_or_not(condition: ColumnElement[bool], wanted: bool | None) -> Conditions:
    """The condition holds, or does not; None asks for nothing."""
    if wanted is None:
        return []
    return [condition if wanted else ~condition]


def holds_post(owner: ColumnElement[str], column: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether an appointment that has not ended has `owner` in its `column`."""
    return exists().where(column == owner, appointment.c.status != AppointmentStatus.ENDED)


def held_on(history: Table, owner: ColumnElement[str], key: ColumnElement[str], on: date) -> LateralFromClause:
    """The `id` of the last record by that day of the one whom `key` names, in a history by `owner`.

    Looked up for each row that a page shows, and not for all that there are.
    """
    return (
        select(history.c.id)
        .where(owner == key, history.c.on <= on)
        .order_by(history.c.on.desc(), history.c.id.desc())
        .limit(1)
        .lateral("held")
    )
