"""What each role may do with the routes that every service has, and what it sees: the chassis's `ACCESS`."""

from __future__ import annotations

from chassis.security import Access, RoleGroup
from programme import scope
from programme.callers import Caller, Role

ACCESS = Access(
    roles=frozenset(Role),
    groups={
        RoleGroup.AUDITORS: frozenset({Role.AUDITOR}),
        RoleGroup.OBSERVERS: frozenset({Role.OPS, Role.PROVINCE, Role.AUDITOR}),
        RoleGroup.OPERATORS: frozenset({Role.OPS}),
        RoleGroup.SUBSCRIBERS: frozenset(Role) - {Role.ENTERPRISE, Role.CQO},
    },
    caller=Caller,
    claims={"division": "division", "enterprise": "enterprise_id", "person": "person_id"},
    claim_of_role={Role.DIVISION: "division", Role.ENTERPRISE: "enterprise", Role.CQO: "person"},
    machines=frozenset({Role.SYSTEM}),
    sees=scope.within,
    subtree=scope.subtree,
    private=frozenset({"contact"}),  # ciphertext for notifications alone
)
