"""The roles of an imagined system, for the services with which the chassis is tested."""

from __future__ import annotations

from dataclasses import dataclass

from chassis import security
from chassis.security import Access, RoleGroup


@dataclass(frozen=True)
class Caller(security.Caller):
    """Who calls, and for which division or enterprise."""

    division: str | None = None
    enterprise_id: str | None = None


ACCESS = Access(
    roles=frozenset({"province", "division", "enterprise", "system", "service", "ops", "auditor"}),
    groups={
        RoleGroup.AUDITORS: frozenset({"auditor"}),
        RoleGroup.OBSERVERS: frozenset({"ops", "province"}),
        RoleGroup.OPERATORS: frozenset({"ops"}),
        RoleGroup.SUBSCRIBERS: frozenset({"system", "service", "province"}),
    },
    caller=Caller,
    machines=frozenset({"system", "service"}),
    claims={"division": "division", "enterprise": "enterprise_id"},
    claim_of_role={"division": "division", "enterprise": "enterprise"},
)
