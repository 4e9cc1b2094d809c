"""Hours of continuing education, which count for eligibility (R34)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from registry.domain.eligibility import EducationFact


@dataclass(frozen=True)
class EducationRecorded:
    """`education.recorded.v1`: by `on`, the person had `total_hours` in `year`, of `required_hours`."""

    person_id: str
    year: int
    total_hours: float
    required_hours: float
    on: date


def education_recorded(session: Session, event: EducationRecorded) -> None:
    """Keeps the year's total as it was that day."""
    session.add(EducationFact(event.person_id, event.year, event.on, event.total_hours, event.required_hours))
