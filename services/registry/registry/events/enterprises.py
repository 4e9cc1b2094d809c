"""What is announced of divisions and enterprises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True)
class DivisionPlaced:
    type: ClassVar[str] = "division.placed.v1"
    code: str
    name: str
    level: str
    parent: str | None
    valid_from: date
    valid_to: date | None
    successor: str | None
    document: str | None = None


@dataclass(frozen=True)
class EnterpriseRegistered:
    type: ClassVar[str] = "enterprise.registered.v1"
    enterprise_id: str
    uscc: str
    name: str
    division: str
    industry: str
    above_threshold: bool
    award_contender: bool
    brand_contender: bool
    legal_representative: str
    responsible_person: str | None
    on: date


@dataclass(frozen=True)
class EnterpriseChanged(EnterpriseRegistered):
    type: ClassVar[str] = "enterprise.changed.v1"


@dataclass(frozen=True)
class EnterpriseRecognised:
    """What it is recognised as in a year; a later event of the same kind and year stands in for an earlier one."""

    type: ClassVar[str] = "enterprise.recognised.v1"
    enterprise_id: str
    kind: str
    year: int
    value: str
    document: str
    on: date


@dataclass(frozen=True)
class EnterpriseDeregistered:
    """Its last day is `on`. Its appointments have ended by it; its people went to the successor, if it has one."""

    type: ClassVar[str] = "enterprise.deregistered.v1"
    enterprise_id: str
    name: str
    division: str
    successor_id: str | None
    document: str
    on: date
