"""A class that is moved or cancelled: everybody who is nominated for it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import Clock
from chassis.data import check_version, load
from chassis.json_types import JsonObject
from chassis.messaging import outbox
from chassis.security import audit
from chassis.unset import UNSET, Unset, given
from programme.callers import Caller
from training import storage
from training.domain.training_class import ClassMode, ClassSession, Standing, TrainingClass
from training.usecases import announced, holding, openings, waiting
from training.usecases.classes import NewSession

TOLD = frozenset({"starts_on", "ends_on", "mode", "venue", "link"})  # of these everybody nominated is told
WHERE = frozenset({"mode", "venue", "venue_id", "link"})


@dataclass(frozen=True)
class ChangeClass:
    """What is to be otherwise about a class, and why."""

    reason: str
    starts_on: date | Unset = UNSET
    ends_on: date | Unset = UNSET
    sessions: Sequence[NewSession] | Unset = UNSET
    mode: ClassMode | Unset = UNSET
    venue: str | Unset | None = UNSET
    venue_id: str | Unset | None = UNSET
    link: str | Unset | None = UNSET
    trainers: Mapping[str, str] | Unset = UNSET
    capacity: int | Unset = UNSET


@dataclass(frozen=True)
class CancelClass:
    """Why a class will not be held."""

    reason: str


def change(
    session: Session, caller: Caller, class_id: str, version: int, command: ChangeClass, clock: Clock
) -> TrainingClass:
    """Changes an open class; who is nominated is told of other days or another venue, and who waits may move up."""
    today = clock.today()
    training_class = _locked(session, class_id, version)
    changes = {name: value for name, value in given(command).items() if name != "reason"}
    if "sessions" in changes:
        numbered = enumerate(changes["sessions"], 1)
        changes["sessions"] = tuple(ClassSession(number, *astuple(each)) for number, each in numbered)
    changes = _moved(session, changes)
    event = training_class.change(changes, _standing(session, class_id), today)
    if event is None:
        return training_class
    rules = announced.rules_of(session, training_class)
    if WHERE & set(event.changed):
        training_class.require_where()
    holding.hold(session, training_class, rules)
    outbox.add(session, training_class, event, clock)
    if TOLD & set(event.changed):
        openings.tell(
            session, training_class, lambda each: each.reschedule(training_class, command.reason, today), clock
        )
    waiting.plan_release(session, training_class)
    openings.plan(session, training_class, rules)
    waiting.move_up(session, training_class, clock)
    details: JsonObject = {"reason": command.reason, "changed": event.changed}
    audit.record(session, caller, "class.changed", class_id, details, clock)
    return training_class


def cancel(
    session: Session, caller: Caller, class_id: str, version: int, command: CancelClass, clock: Clock
) -> TrainingClass:
    """Cancels a class of which nothing has been entered yet; everybody nominated is told."""
    today = clock.today()
    training_class = _locked(session, class_id, version)
    event = training_class.cancel(_standing(session, class_id), command.reason, today)
    outbox.add(session, training_class, event, clock)
    openings.tell(session, training_class, lambda each: each.cancel(training_class, command.reason, today), clock)
    due.cancel(session, class_id)
    audit.record(session, caller, "class.cancelled", class_id, {"reason": command.reason}, clock)
    return training_class


def _moved(session: Session, changes: Mapping[str, Any]) -> dict[str, Any]:  # Any: a field of each type
    """The changes with what follows from them: a venue has its address, an online class neither."""
    mode = changes.get("mode")
    follows = dict[str, object]()
    if mode == ClassMode.ONLINE or ("venue" in changes and "venue_id" not in changes):
        follows["venue_id"] = None
    if mode == ClassMode.ONLINE:
        follows["venue"] = None
    if mode == ClassMode.ON_SITE:
        follows["link"] = None
    if changes.get("venue_id") is not None:
        follows["venue"] = holding.locked_venue(session, changes["venue_id"]).described
    return {**follows, **changes}


def _standing(session: Session, class_id: str) -> Standing:
    column = storage.enrolment.c
    has_results = func.bool_or(or_(column.hours != {}, column.scores != {}))
    counted = select(func.count(), func.coalesce(has_results, False)).where(column.class_id == class_id)
    taken, entered = session.execute(counted).one()
    return Standing(taken, entered)


def _locked(session: Session, class_id: str, version: int) -> TrainingClass:
    training_class = load(session, TrainingClass, class_id, lock=True)
    check_version(training_class, version)
    return training_class
