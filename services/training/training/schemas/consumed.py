"""The fields this service reads of the registry's events; others are left alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class EnterpriseState:
    """Of `enterprise.registered.v1` and `enterprise.changed.v1`: the enterprise as it now is."""

    enterprise_id: str
    name: str
    division: str


@dataclass(frozen=True)
class PersonState:
    """Of `person.registered.v1` and `person.changed.v1`: the person as they now are."""

    person_id: str
    name: str
    division: str
    enterprise_id: str | None = None


@dataclass(frozen=True)
class DivisionPlaced:
    """Of `division.placed.v1`: where a code lies from a day on; the last day is None while it holds."""

    code: str
    name: str
    level: str
    valid_from: date
    parent: str | None = None
    valid_to: date | None = None
    successor: str | None = None
