"""Who may call: the roles of a system and what they see. The chassis names none of them; a service passes them in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select

from chassis.security.caller import Caller


class RoleGroup(StrEnum):
    """Who may use a route, where it names no roles; `Access.groups` says which roles belong."""

    PUBLIC = "public"  # everybody; no token is asked for, so there is no role
    ANYONE = "anyone"  # with a valid token; every role, where `Access.groups` says nothing else
    AUDITORS = "auditors"  # read and verify the audit log
    OBSERVERS = "observers"  # see what is published, applied and parked
    OPERATORS = "operators"  # replay and skip parked events
    SUBSCRIBERS = "subscribers"  # read the feed of events


Sees: TypeAlias = Callable[[ColumnElement[Any], Any, date], ColumnElement[bool]]  # Any: any column; `Access.caller`


@dataclass(frozen=True)
class Access:
    """The roles of a system, the claims that go with them, and what of the feed a caller sees."""

    roles: frozenset[str]
    groups: Mapping[RoleGroup, frozenset[str]]
    # A caller's type: `Caller`, or a subclass with a field for each claim of `claims`.
    caller: type[Caller] = Caller
    # For each claim of a token beside `sub` and `role`, the caller's field that it fills.
    claims: Mapping[str, str] = field(default_factory=dict)
    # A role that acts for one object is worth nothing without the claim that names the object.
    claim_of_role: Mapping[str, str] = field(default_factory=dict)
    # Roles of machines, whose tokens may live longer than a person's.
    machines: frozenset[str] = frozenset()
    # Whether a column, a division's code, lies where the caller may see on a day.
    sees: Sees | None = None
    # The codes of a division and of all below it on a day.
    subtree: Callable[[str, date], Select[str]] | None = None
    # Kinds of aggregate whose events are for one reader and in no feed.
    private: frozenset[str] = frozenset()

    def members(self, group: RoleGroup) -> frozenset[str]:
        """The roles of a group."""
        return self.groups.get(group, self.roles if group is RoleGroup.ANYONE else frozenset())
