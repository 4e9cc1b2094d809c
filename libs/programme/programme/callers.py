"""Who calls the programme's services: a role, and the object that it acts for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chassis import security


class Role(StrEnum):
    """In which role a caller acts: the claim `role` of a token."""

    PROVINCE = "province"
    DIVISION = "division"  # staff of a prefecture or a county
    TRAINING_CENTRE = "training_centre"
    ENTERPRISE = "enterprise"
    CQO = "cqo"
    SYSTEM = "system"  # another government system, which reads by its subscriptions
    SERVICE = "service"  # one of the four services, which reads the others' feeds
    OPS = "ops"
    AUDITOR = "auditor"


@dataclass(frozen=True)
class Caller(security.Caller):
    """Who calls, in which role, and for which division, enterprise, person or subscriber."""

    division: str | None = None
    enterprise_id: str | None = None
    person_id: str | None = None
    subscriber: str | None = None
