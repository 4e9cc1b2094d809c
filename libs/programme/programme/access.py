"""What each role may do with the routes that every service has, and what it sees: the chassis's `ACCESS`."""

from __future__ import annotations

from chassis.security import Access, RoleGroup
from programme import scope
from programme.callers import Caller, Role

# Operators need no names to keep the system running, and events have names in them. Another system reads by its
# subscriptions, and nothing else.
SUBSCRIBERS = frozenset(Role) - {Role.ENTERPRISE, Role.CQO, Role.OPS, Role.SYSTEM}

ACCESS = Access(
    roles=frozenset(Role),
    groups={
        RoleGroup.ANYONE: frozenset(Role)
        - {Role.SERVICE, Role.SYSTEM},  # a service's token is for the feeds alone, a system's for its subscriptions
        RoleGroup.AUDITORS: frozenset({Role.AUDITOR}),
        RoleGroup.OBSERVERS: frozenset({Role.OPS, Role.PROVINCE, Role.AUDITOR}),
        RoleGroup.OPERATORS: frozenset({Role.OPS}),
        RoleGroup.SUBSCRIBERS: SUBSCRIBERS,
    },
    caller=Caller,
    claims={
        "division": "division",
        "enterprise": "enterprise_id",
        "person": "person_id",
        "subscriber": "subscriber",
    },
    claim_of_role={
        Role.DIVISION: "division",
        Role.ENTERPRISE: "enterprise",
        Role.CQO: "person",
        Role.SYSTEM: "subscriber",
    },
    machines=frozenset({Role.SYSTEM, Role.SERVICE}),
    sees=scope.within,
    subtree=scope.subtree,
    private=frozenset({"contact"}),  # ciphertext for notifications alone
)
