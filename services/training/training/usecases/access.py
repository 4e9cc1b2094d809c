"""What of this service's tables a caller may see."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, Table

from programme import scope
from programme.callers import Caller, Role


def visible(table: Table, caller: Caller, on: date) -> ColumnElement[bool]:
    """The rows of `table` that the caller may see: its division's subtree, its own enterprise's, or its own."""
    if caller.role == Role.ENTERPRISE:
        return table.c.enterprise_id == caller.enterprise_id
    if caller.role == Role.CQO:
        return table.c.person_id == caller.person_id
    return scope.within(table.c.division, caller, on)
