"""What is announced of breaches; the facts are not in it, for they may hold secrets (R48)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class OfBreach:
    """What every event of a breach says."""

    breach_id: str
    appointment_id: str
    enterprise_id: str
    person_id: str
    kind: str
    consequence: str
    on: date
    ruleset: int


@dataclass(frozen=True, kw_only=True)
class BreachConfirmed(OfBreach):
    type: ClassVar[str] = "breach.confirmed.v1"
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class BreachLifted(OfBreach):
    type: ClassVar[str] = "breach.lifted.v1"
