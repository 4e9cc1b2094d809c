"""Continuing education: each person's hours of a year, as they stood after each event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from reporting import storage
from reporting.handlers.rows import enter, history_rows, insert_new

INSERT_NEW = insert_new(storage.education)


@dataclass(frozen=True)
class EducationRecorded:
    """Hours were recorded on the day `on`; `total_hours` are those of the year until then."""

    person_id: str
    year: int
    on: date
    total_hours: float
    required_hours: float


def record_hours(session: Session, events: Sequence[Envelope[EducationRecorded]]) -> None:
    """A record of history for each event."""
    enter(session, INSERT_NEW, history_rows(events))
