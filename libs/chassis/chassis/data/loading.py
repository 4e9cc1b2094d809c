"""Loading an aggregate for a use case: under a row lock where it is to change."""

from __future__ import annotations

from typing import Protocol, TypeVar

from sqlalchemy import ColumnElement, Select, inspect, select, true
from sqlalchemy.orm import Session

from chassis.errors import NotFound, StaleVersion

EntityT = TypeVar("EntityT")


class Versioned(Protocol):
    """What has a version that each change raises."""

    @property
    def version(self) -> int:
        """The number of its last event."""


def load(
    session: Session,
    entity: type[EntityT],
    object_id: str,
    where: ColumnElement[bool] | None = None,
    *,
    lock: bool = False,
) -> EntityT:
    """The entity with that id, locked if it is to change; NotFound if it is not there or not within `where`."""
    key = inspect(entity).local_table.c.id
    statement: Select[EntityT] = select(entity).where(key == object_id, true() if where is None else where)
    if lock:
        # populate_existing: what was read before the lock was got may be out of date.
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(statement).one_or_none()
    if found is None:
        raise NotFound()
    return found


def check_version(entity: Versioned, expected: int) -> None:
    """Refuses a change made to a version that is no longer the present one."""
    if entity.version != expected:
        raise StaleVersion()
