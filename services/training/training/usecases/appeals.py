"""Appeals against outcomes: made by who was judged or their firm, decided by the centre (R59)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import check_version, load
from chassis.ids import new_id
from chassis.json_types import JsonObject
from chassis.messaging import outbox
from chassis.security import audit
from programme.callers import Caller
from training import storage
from training.domain.appeal import Appeal, AppealIsOpen, AppealStatus
from training.domain.enrolment import Enrolment
from training.domain.training_class import TrainingClass
from training.usecases import announced
from training.usecases.access import visible


@dataclass(frozen=True)
class SubmitAppeal:
    """Why somebody objects to an outcome."""

    grounds: str


@dataclass(frozen=True)
class DecideAppeal:
    """What is decided on an appeal, on which document."""

    upheld: bool
    decision: str
    document: str


def submit(session: Session, caller: Caller, enrolment_id: str, command: SubmitAppeal, clock: Clock) -> Appeal:
    """Objects to an outcome; one appeal at a time."""
    today = clock.today()
    enrolment = load(session, Enrolment, enrolment_id, visible(storage.enrolment, caller, today), lock=True)
    column = storage.appeal.c
    is_open = exists().where(column.enrolment_id == enrolment_id, column.status == AppealStatus.OPEN)
    if session.scalar(select(is_open)):
        raise AppealIsOpen()
    rules = announced.rules_of(session, load(session, TrainingClass, enrolment.class_id))
    appeal, event = Appeal.submit(new_id(), enrolment, command.grounds, rules, today)
    session.add(appeal)
    outbox.add(session, appeal, event, clock)
    audit.record(session, caller, "appeal.submitted", appeal.id, {"enrolment_id": enrolment_id}, clock)
    return appeal


def decide(
    session: Session, caller: Caller, appeal_id: str, version: int, command: DecideAppeal, clock: Clock
) -> Appeal:
    """Decides an appeal. Where it is upheld, the outcome is corrected by a correction of its own."""
    appeal = load(session, Appeal, appeal_id, visible(storage.appeal, caller, clock.today()), lock=True)
    check_version(appeal, version)
    event = appeal.decide(command.upheld, command.decision, command.document, clock.today())
    outbox.add(session, appeal, event, clock)
    details: JsonObject = {"upheld": command.upheld, "document": command.document}
    audit.record(session, caller, "appeal.decided", appeal_id, details, clock)
    return appeal
