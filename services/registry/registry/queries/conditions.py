"""The conditions of which the lists' filters are made."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import CTE, Column, ColumnElement, Table, Text, exists, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.selectable import LateralFromClause

from programme import scope
from programme.callers import Caller
from registry.usecases.access import in_office, visible

Conditions = list[ColumnElement[bool]]


def equal(table: Table, **wanted: object) -> Conditions:
    """Each column named has the value given; None asks for nothing."""
    return [table.c[name] == value for name, value in wanted.items() if value is not None]


def within(table: Table, division: str | None, on: date) -> Conditions:
    """The row lies in the division, or below it, by the tree of that day."""
    return [] if division is None else [table.c.division.in_(scope.subtree(division, on))]


def visible_within(table: Table, division: str | None, caller: Caller, on: date) -> Conditions:
    """The caller may see the row, and it lies in the division, or below it."""
    return [visible(table, caller, on), *within(table, division, on)]


def visible_in_each(table: Table, division: str | None, caller: Caller, on: date) -> tuple[CTE | None, Conditions]:
    """The same, code by code, for what most rows of a division are not; beside it the codes, for `paginate`.

    An index has the rows of each code in the order of pages, so a page ends when it is full, however many rows there
    are. The codes are None where no division limits what is asked for.
    """
    has_own = caller.role in scope.ROLES_WITH_ROWS_OF_THEIR_OWN
    code = division if has_own else division or caller.division
    if code is None:
        return None, visible_within(table, division, caller, on)
    below = scope.subtree(code, on).subquery()
    seen = true() if has_own else scope.within(below.c.code, caller, on)
    codes = scope.each_once(select(below.c.code).where(seen))
    own = [visible(table, caller, on)] if has_own else []
    return codes, [table.c.division == codes.c.code, *own]


def named(table: Table, words: str | None) -> Conditions:
    """The name holds these words, in capitals or not."""
    return [] if words is None else has_words(table.c.name, words)


def has_words(column: ColumnElement[str], words: str) -> Conditions:
    """The text holds these words, in capitals or not.

    The pairs of characters find the rows by an index, where the words may be anywhere in the name; what they find is
    then looked at itself.
    """
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pairs = func.name_pairs(column, type_=ARRAY(Text))
    return [pairs.contains(pairs_of(words)), column.ilike(f"%{escaped}%")]


def pairs_of(words: str) -> list[str]:
    """Each two neighbours of the words, in lower case; one character by itself."""
    lower = words.lower()
    return [lower[place : place + 2] for place in range(len(lower) - 1)] or [lower]


def is_or_not(condition: ColumnElement[bool], wanted: bool | None) -> Conditions:
    """The condition holds, or does not; None asks for nothing."""
    if wanted is None:
        return []
    return [condition if wanted else ~condition]


def holds_post(owner: ColumnElement[str], column: ColumnElement[str], on: date) -> ColumnElement[bool]:
    """Whether an appointment in force on that day has `owner` in its `column`."""
    return exists().where(column == owner, in_office(on))


def shown_as_holder(owner: ColumnElement[str], column: ColumnElement[str], on: date) -> ColumnElement[bool]:
    """The same, looked up for each row of a page, or until a page is full.

    The planner would answer an EXISTS there from a table of all holders, made anew for each page. It takes every second
    for a holder, and so expects a page to be full soon.
    """
    held = select(true()).where(column == owner, in_office(on)).limit(1)
    return held.scalar_subquery().is_(True)


def held_on(history: Table, owner: str, key: ColumnElement[str], on: date) -> LateralFromClause:
    """The `id` of the record that held that day of the one whom `key` names, in a history by the column `owner`.

    It is what was said last of those that begin by then, and not the one that begins last: an appointment may be said
    to have ended before the day on which it was suspended. Looked up for each row that a page shows, and not for all
    that there are.
    """
    record = history.alias()  # the enclosing query has the history too
    return (
        select(record.c.id)
        .where(record.c[owner] == key, record.c.on <= on)
        .order_by(record.c.id.desc())
        .limit(1)
        .lateral("held")
    )


def once(owner: ColumnElement[str], column: Column[str], status: StrEnum | None, on: date) -> Conditions:
    """The owner had that status at some time until this day: whoever has it now did, and an index finds these."""
    if status is None:
        return []
    history = column.table.c
    return [owner.in_(select(column).where(history.status == status, history.on <= on))]
