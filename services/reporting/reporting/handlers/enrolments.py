"""Enrolments: how each ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, delete, func, select
from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from reporting.domain.counts import Figure, Kind
from reporting.handlers import totals
from reporting.handlers.rows import enter, insert_new, row_of
from reporting.storage import enrolment, training_class

INSERT_NEW = insert_new(enrolment, enrolment.c.class_id, enrolment.c.on, enrolment.c.passed)
KINDS = select(training_class.c.class_id, training_class.c.kind).where(
    training_class.c.class_id == func.any(totals.KEYS)
)


@dataclass(frozen=True)
class EnrolmentCompleted:
    """An enrolment was completed on the day `on`, passed or not."""

    enrolment_id: str
    class_id: str
    on: date
    passed: bool


def record_completions(session: Session, events: Sequence[Envelope[EnrolmentCompleted]]) -> None:
    """One row per enrolment; it counts once the kind of its class is known."""
    totals.one_at_a_time(session)
    new = enter(session, INSERT_NEW, [row_of(event) for event in events]).all()
    totals.count(session, Figure.ENROLMENT, _counted(session, new))


def record_revisions(session: Session, events: Sequence[Envelope[EnrolmentCompleted]]) -> None:
    """Outcomes were judged again: each counts as it is now, on the day of the revision, and no longer as it was."""
    for event in events:
        forget(session, event.data.enrolment_id)
        record_completions(session, [event])


def forget(session: Session, enrolment_id: str) -> None:
    """It is no longer there, nor counted."""
    totals.one_at_a_time(session)
    gone = session.execute(delete(enrolment).where(enrolment.c.enrolment_id == enrolment_id).returning(enrolment)).all()
    totals.count(session, Figure.ENROLMENT, totals.negative(_counted(session, gone)))


def _counted(session: Session, rows: Sequence[Row[Any]]) -> Counter[tuple[date, Kind]]:  # Any: columns of `enrolment`
    classes = sorted({row.class_id for row in rows})
    kinds = {row.class_id: row.kind for row in session.execute(KINDS, {"keys": classes})}
    return Counter((row.on, completed(kinds[row.class_id], row.passed)) for row in rows if row.class_id in kinds)


def completed(kind: str, passed: bool) -> Kind:
    """As what an enrolment counts in a class of that kind."""
    return Kind("passed" if passed else "failed", kind)
