"""Continuing education: each person's hours of a year, and how many have reached what is asked of them (R34)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from reporting import storage
from reporting.domain.counts import EducationState, Figure, Kind
from reporting.handlers import totals
from reporting.handlers.rows import Row, history_rows


@dataclass(frozen=True)
class EducationRecorded:
    """Hours were recorded on the day `on`, or the year had ended without them; `total_hours` are those that count."""

    person_id: str
    year: int
    on: date
    total_hours: float
    required_hours: float


def record_hours(session: Session, events: Sequence[Envelope[EducationRecorded]]) -> None:
    """A record of history for each event; the person counts in that year as having reached the hours, or as behind."""
    totals.record(session, Figure.EDUCATION, storage.education, history_rows(events), _kind_of)


def forget(session: Session, subject: str) -> None:
    """The ledger's year of a person, named by both, is no longer there, nor counted."""
    person_id, _, year = subject.rpartition(":")
    totals.forget(session, Figure.EDUCATION, storage.education, person_id, int(year), kind_of=_kind_of)


def _kind_of(row: Row) -> Kind:
    total, required = row["total_hours"], row["required_hours"]
    assert isinstance(total, (int, float)) and isinstance(required, (int, float))
    return Kind(EducationState.REACHED if total >= required else EducationState.BEHIND, str(row["year"]))
