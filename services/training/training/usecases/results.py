"""Entering what happened in a class: hours attended, scores of the exam (R56, R59)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load
from chassis.errors import CqoError, InvalidInput
from chassis.security import audit
from programme.callers import Caller
from training import storage
from training.domain.enrolment import Enrolment, NotEnrolled
from training.domain.training_class import TrainingClass
from training.usecases import announced


@dataclass(frozen=True)
class Attendance:
    """The hours that a person attended of a session, or of a block where the class has no sessions."""

    person_id: str
    hours: float
    block: str | None = None
    session: int | None = None


@dataclass(frozen=True)
class RecordAttendance:
    """Hours attended in a class."""

    items: Sequence[Attendance]


@dataclass(frozen=True)
class Score:
    """A person's score in a sitting of the exam."""

    person_id: str
    sitting: int
    score: float


@dataclass(frozen=True)
class RecordExam:
    """Scores of a class's exam."""

    items: Sequence[Score]


@dataclass(frozen=True)
class Entered:
    """How many entries were made."""

    entered: int


ItemT = TypeVar("ItemT")


def record_attendance(
    session: Session, caller: Caller, class_id: str, command: RecordAttendance, clock: Clock
) -> Entered:
    """Enters hours attended, all or none."""
    training_class = _open_class(session, class_id)
    enrolments = _enrolments(session, class_id, [item.person_id for item in command.items])

    def enter(item: Attendance) -> None:
        enrolment = _enrolment(enrolments, item.person_id)
        if item.session is not None:
            enrolment.attend_session(training_class, item.session, item.hours)
        elif item.block is not None:
            enrolment.attend(training_class, item.block, item.hours)

    _enter_all(command.items, enter)
    entered = Entered(len(command.items))
    audit.record(session, caller, "class.attendance_entered", class_id, {"entries": entered.entered}, clock)
    return entered


def record_exam(session: Session, caller: Caller, class_id: str, command: RecordExam, clock: Clock) -> Entered:
    """Enters scores, all or none."""
    rules = announced.rules_of(session, _open_class(session, class_id))
    enrolments = _enrolments(session, class_id, [item.person_id for item in command.items])

    def enter(item: Score) -> None:
        _enrolment(enrolments, item.person_id).sit(item.sitting, item.score, rules)

    _enter_all(command.items, enter)
    entered = Entered(len(command.items))
    audit.record(session, caller, "class.scores_entered", class_id, {"entries": entered.entered}, clock)
    return entered


def _enter_all(items: Iterable[ItemT], enter: Callable[[ItemT], None]) -> None:
    """Enters each item; where some can't be, InvalidInput names them all, and the transaction enters none."""
    faults = []
    for index, item in enumerate(items):
        try:
            enter(item)
        except CqoError as fault:
            faults.append({"pointer": f"/items/{index}", "reason": fault.sentence(), **fault.facts})
    if faults:
        raise InvalidInput(faults)


def _open_class(session: Session, class_id: str) -> TrainingClass:
    training_class = load(session, TrainingClass, class_id, lock=True)
    training_class.require_open()
    return training_class


def _enrolments(session: Session, class_id: str, person_ids: Sequence[str]) -> dict[str, Enrolment]:
    """The enrolments of these people in the class, locked, by person."""
    column = storage.enrolment.c
    wanted = select(Enrolment).where(column.class_id == class_id, column.person_id.in_(person_ids))
    return {enrolment.person_id: enrolment for enrolment in session.scalars(wanted.with_for_update())}


def _enrolment(enrolments: Mapping[str, Enrolment], person_id: str) -> Enrolment:
    if person_id not in enrolments:
        raise NotEnrolled(person_id=person_id)
    return enrolments[person_id]
