"""The facts this service announces; their fields become the event's `data` (see `contracts/`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True)
class TargetSet:
    """A target was set (version 1) or revised (a later version)."""

    type: ClassVar[str] = "target.set.v1"
    target_id: str
    division: str
    year: int
    population: str
    percent: float
    document: str
    on: date


@dataclass(frozen=True)
class TargetOfMoreSet(TargetSet):
    """The same, of a population that the first version of the event can't name."""

    type: ClassVar[str] = "target.set.v2"


@dataclass(frozen=True)
class AuditSealed:
    """The chain of this service's audit log has come to the entry `seal`: a signed checkpoint of it."""

    type: ClassVar[str] = "reporting_audit.sealed.v1"
    seal: int
    hash: str
    signed: str
