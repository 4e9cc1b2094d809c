"""The fields this service reads of the registry's events; others are left alone."""

from __future__ import annotations

from dataclasses import dataclass


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
