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
class Admitted:
    """Of `recommendation.admitted.v1`: a candidate whom the bureau admitted to the training."""

    recommendation_id: str
    person_id: str
    enterprise_id: str
    on: date
