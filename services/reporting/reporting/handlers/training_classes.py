"""Training classes: what kind each is, for counting its enrolments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from reporting.domain.counts import Figure, Kind
from reporting.handlers import totals
from reporting.handlers.enrolments import completed
from reporting.handlers.rows import enter, insert_new, row_of
from reporting.storage import enrolment, training_class

INSERT_NEW = insert_new(training_class, training_class.c.class_id, training_class.c.kind)
COMPLETED = (
    select(enrolment.c.class_id, enrolment.c.on, enrolment.c.passed, func.count())
    .where(enrolment.c.class_id == func.any(totals.KEYS))
    .group_by(enrolment.c.class_id, enrolment.c.on, enrolment.c.passed)
)


@dataclass(frozen=True)
class ClassScheduled:
    """A class was scheduled; its kind never changes."""

    class_id: str
    kind: str


def record_classes(session: Session, events: Sequence[Envelope[ClassScheduled]]) -> None:
    """One row per class; enrolments in it that have come before it count from now on."""
    totals.one_at_a_time(session)
    kinds = {row.class_id: row.kind for row in enter(session, INSERT_NEW, [row_of(event) for event in events])}
    totals.count(session, Figure.ENROLMENT, _completed_in(session, kinds))


def forget(session: Session, class_id: str) -> None:
    """It is no longer there; enrolments in it don't count while its kind is unknown."""
    totals.one_at_a_time(session)
    same = training_class.c.class_id == class_id
    gone = session.execute(delete(training_class).where(same).returning(training_class)).all()
    counted = _completed_in(session, {row.class_id: row.kind for row in gone})
    totals.count(session, Figure.ENROLMENT, totals.negative(counted))


def _completed_in(session: Session, kinds: Mapping[str, str]) -> Counter[tuple[date, Kind]]:
    """As what the enrolments in classes of these kinds, by the classes' ids, count."""
    found: Counter[tuple[date, Kind]] = Counter()
    for class_id, on, passed, number in session.execute(COMPLETED, {"keys": sorted(kinds)}):
        found[on, completed(kinds[class_id], passed)] += number
    return found
