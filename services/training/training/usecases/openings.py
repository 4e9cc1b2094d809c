"""What those nominated for a class are told of it: that it begins soon, that it was moved, that it was cancelled."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import Clock
from chassis.data import load
from chassis.messaging import outbox
from training import storage
from training.domain.nomination import Nomination, NominationStatus
from training.domain.rules import Rules
from training.domain.training_class import TrainingClass
from training.events import NominationCancelled, NominationInvited, NominationRescheduled

OPENING = "class.opening"  # the kind of due row
Told = NominationInvited | NominationRescheduled | NominationCancelled


def plan(session: Session, training_class: TrainingClass, rules: Rules) -> None:
    """Plans that those enrolled are told when and where the class begins, so many days before it does."""
    day = training_class.starts_on - timedelta(days=rules.class_notice_days)
    key = training_class.id
    due.plan(session, OPENING, key, key, day, {"class_id": key})


def invite(session: Session, rows: Sequence[due.DueRow], clock: Clock) -> None:
    """Due rows: these classes begin soon."""
    today = clock.today()
    for row in rows:  # few: one for each class
        training_class = load(session, TrainingClass, row.payload["class_id"], lock=True)
        if training_class.opens_soon(today):
            invited = functools.partial(Nomination.invite, training_class=training_class, on=today)
            tell(session, training_class, invited, clock, (NominationStatus.ENROLLED,))


def tell(
    session: Session,
    training_class: TrainingClass,
    event_of: Callable[[Nomination], Told],
    clock: Clock,
    statuses: Sequence[NominationStatus] = (NominationStatus.ENROLLED, NominationStatus.WAITING),
) -> None:
    """Announces an event of each nomination for a locked class that has one of these statuses."""
    column = storage.nomination.c
    of_class = column.class_id == training_class.id, column.status.in_(statuses)
    wanted = select(Nomination).where(*of_class).order_by(column.id).with_for_update()
    for nomination in session.scalars(wanted).all():
        outbox.add(session, nomination, event_of(nomination), clock)
