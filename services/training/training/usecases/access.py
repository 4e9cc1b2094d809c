"""Loading an object the caller may see, under a row lock where it is to change."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, inspect, select, true
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from programme import rulesets, scope
from programme.callers import Caller
from training.domain.rules import Rules

Entity = TypeVar("Entity")


def visible(table: Any, caller: Caller, on: date) -> ColumnElement[bool]:
    """The rows of `table` that the caller may see: its division's subtree, its own enterprise's, or its own."""
    if caller.role == "enterprise":
        return table.c.enterprise_id == caller.enterprise_id
    if caller.role == "cqo":
        return table.c.person_id == caller.person_id
    return scope.within(table.c.division, caller, on)


def load(session: Session, entity: type[Entity], object_id: str, where: Any = None, *, lock: bool = False) -> Entity:
    """The object, locked if it is to change; NotFound if it is not there or not within `where`."""
    key = inspect(entity).local_table.c.id
    statement: Select[Any] = select(entity).where(key == object_id, true() if where is None else where)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(statement).one_or_none()
    if found is None:
        raise NotFound()
    return found


def rules_on(session: Session, on: date) -> Rules:
    """The rule set in force on that day."""
    found = rulesets.in_force(session, on)
    return Rules.of(found.version, found.parameters)
