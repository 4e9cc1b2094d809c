"""A division's targets: what is read of their events, which are announced and change nothing else here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from notifications.domain.recipients import Mentions


@dataclass(frozen=True, kw_only=True)
class TargetSet:
    division: str
    year: int
    population: str
    percent: float
    document: str
    on: date

    @property
    def mentions(self) -> Mentions:
        return Mentions(division=self.division)
