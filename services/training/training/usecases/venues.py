"""Keeping the venues at which classes are held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import check_version, load
from chassis.errors import InvalidInput, RuleBroken
from chassis.ids import new_id
from chassis.json_types import JsonObject
from chassis.security import audit
from chassis.unset import UNSET, Unset, given
from programme import scope
from programme.callers import Caller
from training import storage
from training.domain.training_class import ClassStatus, TrainingClass
from training.domain.venue import Venue, VenueHasClasses


@dataclass(frozen=True)
class EnterVenue:
    """A place with seats."""

    name: str
    division: str
    address: str
    seats: int
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True)
class ChangeVenue:
    """What is to be otherwise about a venue; one that is given up gets a last day."""

    name: str | Unset = UNSET
    division: str | Unset = UNSET
    address: str | Unset = UNSET
    seats: int | Unset = UNSET
    valid_until: date | Unset | None = UNSET


def enter(session: Session, caller: Caller, command: EnterVenue, clock: Clock) -> Venue:
    """Enters a venue."""
    venue = Venue(id=new_id(), version=1, **vars(command))
    venue.require_days()
    _require_division(session, venue, clock)
    session.add(venue)
    audit.record(session, caller, "venue.entered", venue.id, {"name": venue.name, "seats": venue.seats}, clock)
    return venue


def change(session: Session, caller: Caller, venue_id: str, version: int, command: ChangeVenue, clock: Clock) -> Venue:
    """Changes a venue; refused where a class that is open would no longer fit."""
    venue = load(session, Venue, venue_id, lock=True)
    check_version(venue, version)
    if venue.change(given(command)):
        venue.version += 1
        _require_division(session, venue, clock)
        _require_classes_fit(session, venue)
        details: JsonObject = {"name": venue.name, "seats": venue.seats}
        audit.record(session, caller, "venue.changed", venue_id, details, clock)
    return venue


def _require_division(session: Session, venue: Venue, clock: Clock) -> None:
    if session.scalar(scope.subtree(venue.division, clock.today()).limit(1)) is None:
        raise InvalidInput([{"pointer": "/division", "reason": "There is no such division."}])


def _require_classes_fit(session: Session, venue: Venue) -> None:
    column = storage.training_class.c
    wanted = select(TrainingClass).where(column.venue_id == venue.id, column.status == ClassStatus.OPEN)
    unfit = []
    for held in session.scalars(wanted.order_by(column.id)):
        try:
            venue.require_fits(held.capacity, held.days())
        except RuleBroken:
            unfit.append(held.id)
    if unfit:
        raise VenueHasClasses(classes=unfit)
