"""The yearly ledger of continuing education (R34, R58)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from training.events import EducationRecorded


def year_id(person_id: str, year: int) -> str:
    """The id of a person's year in the ledger."""
    return f"{person_id}:{year}"


@dataclass
class EducationYear:
    """A person's hours of one calendar year."""

    id: str
    person_id: str
    year: int
    division: str
    total_hours: float = 0.0
    version: int = 0

    def record(self, hours: float, required_hours: float, on: date) -> EducationRecorded:
        """Adds hours to the year; `required_hours` of it count for a renewal."""
        self.total_hours += hours
        return EducationRecorded(self.person_id, self.year, hours, self.total_hours, required_hours, on)


@dataclass
class EducationEntry:
    """One entry of the ledger, with the document it rests on."""

    person_id: str
    year: int
    hours: float
    document: str
    on: date
    id: int | None = None
