"""Hours of continuing education that somebody will miss or has missed: what is read of the events, all announced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from notifications.domain.recipients import Mentions


@dataclass(frozen=True, kw_only=True)
class ShortfallForecast:
    person_id: str
    enterprise_id: str | None = None
    year: int
    total_hours: float
    required_hours: float
    by: date
    on: date

    @property
    def mentions(self) -> Mentions:
        return Mentions(person_id=self.person_id, enterprise_id=self.enterprise_id, concerns_present_employer=True)


@dataclass(frozen=True, kw_only=True)
class EducationMissing:
    """A year has ended without its hours, or a correction took hours away that had been enough."""

    person_id: str
    enterprise_id: str | None = None
    year: int
    total_hours: float
    required_hours: float
    missing_hours: float
    on: date

    @property
    def mentions(self) -> Mentions:
        return Mentions(person_id=self.person_id, enterprise_id=self.enterprise_id, concerns_present_employer=True)
