"""Enrolments: how each ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from reporting import storage
from reporting.handlers.rows import insert_new, row_of

INSERT_NEW = insert_new(storage.enrolment)


@dataclass(frozen=True)
class EnrolmentCompleted:
    """An enrolment was completed on the day `on`, passed or not."""

    enrolment_id: str
    class_id: str
    on: date
    passed: bool


def record_completions(session: Session, events: Sequence[Envelope[EnrolmentCompleted]]) -> None:
    """One row per enrolment."""
    session.execute(INSERT_NEW, [row_of(event) for event in events])
