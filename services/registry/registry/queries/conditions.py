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


def shown_as_holder(owner: ColumnElement[str], column: ColumnElement[str]) -> ColumnElement[bool]:
    """The same, to be shown beside a row of a page.

    The planner would answer an EXISTS there from a table of all holders, made anew for each page.
    """
    held = select(appointment.c.id).where(column == owner, appointment.c.status != AppointmentStatus.ENDED).limit(1)
    return held.scalar_subquery().is_not(None)


def held_on(history: Table, owner: str, key: ColumnElement[str], on: date) -> LateralFromClause:
    """The `id` of the last record by that day of the one whom `key` names, in a history by the column `owner`.

    Looked up for each row that a page shows, and not for all that there are.
    """
    record = history.alias()  # the enclosing query has the history too
    return (
        select(record.c.id)
        .where(record.c[owner] == key, record.c.on <= on)
        .order_by(record.c.on.desc(), record.c.id.desc())
        .limit(1)
        .lateral("held")
    )
