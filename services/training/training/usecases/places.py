"""The places of a class: what is taken, and what is kept for whom (R61)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import InvalidInput
from programme import scope
from training import storage
from training.domain.nomination import NominationStatus
from training.domain.places import Places
from training.domain.training_class import TrainingClass


def of_class(session: Session, training_class: TrainingClass, today: date) -> Places:
    """The places of a class as they are that day."""
    column = storage.enrolment.c
    rows = session.execute(select(column.person_id, column.division).where(column.class_id == training_class.id))
    taken = {row.person_id: row.division for row in rows}
    nominated = storage.nomination.c
    waits = nominated.class_id == training_class.id, nominated.status == NominationStatus.WAITING
    waiting = set(session.scalars(select(nominated.person_id).where(*waits)))
    quotas = training_class.quotas_on(today)
    return Places(training_class.capacity, quotas, _within(session, quotas, today), taken, waiting)


def require_quotas(session: Session, training_class: TrainingClass, today: date) -> None:
    """Refuses quotas of divisions that there are not, and quotas that keep more places than there are."""
    within = _within(session, training_class.quotas, today)
    faults = [
        {"pointer": f"/quotas/{code}", "reason": "There is no such division."}
        for code, codes in within.items()
        if not codes
    ]
    if faults:
        raise InvalidInput(faults)
    Places(training_class.capacity, training_class.quotas, within, {}).require_enough()


def _within(session: Session, codes: Iterable[str], today: date) -> dict[str, frozenset[str]]:
    """For each of the codes, those that lie in it that day, itself included."""
    return {code: frozenset(session.scalars(scope.subtree(code, today))) for code in codes}
