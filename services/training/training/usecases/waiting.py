"""The waiting list of a class: who is first moves up when a place becomes free (R61)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import Clock
from chassis.data import load
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme.callers import Caller
from training import storage
from training.domain.enrolment import Enrolment
from training.domain.nomination import Nomination, NominationStatus, NoPlace
from training.domain.training_class import ClassStatus, TrainingClass
from training.events import NominationPromoted, NominationSubmitted
from training.usecases import places
from training.usecases.access import visible

QUOTAS_RELEASED = "class.quotas_released"  # the kind of due row


@dataclass(frozen=True)
class Withdraw:
    """Why somebody is not to take part."""

    reason: str


def withdraw(session: Session, caller: Caller, nomination_id: str, command: Withdraw, clock: Clock) -> Nomination:
    """Withdraws a nomination; who waits longest for its place moves up."""
    today = clock.today()
    where = visible(storage.nomination, caller, today)
    class_id = load(session, Nomination, nomination_id, where).class_id
    # The class before its nominations, as everywhere: it is what two who want its last place wait for.
    training_class = load(session, TrainingClass, class_id, lock=True)
    nomination = load(session, Nomination, nomination_id, where, lock=True)
    enrolment = _enrolment(session, nomination)
    has_results = enrolment is not None and bool(enrolment.hours or enrolment.scores)
    event = nomination.withdraw(training_class, has_results, command.reason, today)
    if enrolment is not None:
        session.execute(delete(Enrolment).where(storage.enrolment.c.id == enrolment.id))
    outbox.add(session, nomination, event, clock)
    audit.record(session, caller, "nomination.withdrawn", nomination_id, {"reason": command.reason}, clock)
    move_up(session, training_class, clock)
    return nomination


def move_up(session: Session, training_class: TrainingClass, clock: Clock) -> int:
    """Gives the free places of a locked class to those who wait, the longest first; returns how many moved up.

    A place that is kept for a division goes to the first who waits from there.
    """
    nominated = storage.nomination.c
    waits = nominated.class_id == training_class.id, nominated.status == NominationStatus.WAITING
    queue = select(Nomination).where(*waits).order_by(nominated.waiting_since, nominated.id).with_for_update()
    session.flush()
    waiting = session.scalars(queue).all()
    if not waiting:
        return 0
    free = places.of_class(session, training_class, clock.today())
    moved = 0
    for nomination in waiting:
        try:
            event = nomination.promote(training_class, free, clock.today())
        except NoPlace:
            continue
        enrol(session, training_class, nomination, event, clock)
        moved += 1
    return moved


def enrol(
    session: Session,
    training_class: TrainingClass,
    nomination: Nomination,
    event: NominationSubmitted | NominationPromoted,
    clock: Clock,
) -> None:
    """Gives a nominee the place that `event` announces; who comes after the others were invited is invited at once."""
    of = nomination
    session.add(Enrolment(new_id(), of.class_id, of.person_id, of.enterprise_id, of.division))
    outbox.add(session, nomination, event, clock)
    if training_class.invited_on is not None:
        outbox.add(session, nomination, nomination.invite(training_class, clock.today()), clock)


def plan_release(session: Session, training_class: TrainingClass) -> None:
    """Plans that places which divisions have not used go to those who wait, on the day after the quotas' last."""
    if training_class.quotas_until is not None:
        day = training_class.quotas_until + timedelta(days=1)
        key = training_class.id
        due.plan(session, QUOTAS_RELEASED, key, key, day, {"class_id": key})


def release(session: Session, rows: Sequence[due.DueRow], clock: Clock) -> None:
    """Due rows: the quotas of these classes are over."""
    for row in rows:  # few: one for each class
        training_class = load(session, TrainingClass, row.payload["class_id"], lock=True)
        if training_class.status == ClassStatus.OPEN:
            move_up(session, training_class, clock)


def _enrolment(session: Session, nomination: Nomination) -> Enrolment | None:
    column = storage.enrolment.c
    of = column.class_id == nomination.class_id, column.person_id == nomination.person_id
    return session.scalars(select(Enrolment).where(*of).with_for_update()).one_or_none()
