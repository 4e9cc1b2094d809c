"""The pool of trainers with what they have taught, and the venues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Table, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from chassis.data import load
from chassis.http import Page, PageArguments, paginate
from training import storage
from training.domain.trainer import Trainer
from training.domain.training_class import ClassStatus, TrainingClass
from training.domain.venue import Venue


@dataclass(frozen=True)
class TrainerFilters:
    """Which trainers are asked for; None leaves a filter out."""

    block: str | None = None
    on: date | None = None  # in the pool on that day


@dataclass(frozen=True)
class VenueFilters:
    """Which venues are asked for; None leaves a filter out."""

    division: str | None = None
    on: date | None = None  # open on that day


@dataclass(frozen=True)
class TrainerWithHours:
    """A trainer with the hours taught in classes that have been closed, by calendar year."""

    id: str
    version: int
    name: str
    employer: str
    title: str | None
    blocks: Sequence[str]
    valid_from: date
    valid_until: date | None
    status: str
    document: str
    hours_taught: Mapping[str, float]


def list_trainers(session: Session, filters: TrainerFilters, page: PageArguments) -> Page:
    """The pool, in the order in which its members entered it."""
    table = storage.trainer
    wanted = select(Trainer)
    if filters.block is not None:
        wanted = wanted.where(table.c.blocks.op("@>")(literal([filters.block], JSONB)))
    if filters.on is not None:
        wanted = wanted.where(_on(table, filters.on))
    return paginate(session, wanted, [table.c.id], page)


def get_trainer(session: Session, trainer_id: str) -> TrainerWithHours:
    """A trainer with the hours taught."""
    trainer = load(session, Trainer, trainer_id)
    fields = {name: getattr(trainer, name) for name in TrainerWithHours.__annotations__ if name != "hours_taught"}
    return TrainerWithHours(**fields, hours_taught=_hours_taught(session, trainer_id))


def _hours_taught(session: Session, trainer_id: str) -> dict[str, float]:
    # Classes are few, some hundred a year: those with trainers of the pool are read through.
    column = storage.training_class.c
    wanted = select(TrainingClass).where(column.status == ClassStatus.CLOSED, column.trainers != {})
    found = Counter[int]()
    for held in session.scalars(wanted):
        for block, taught_by in held.trainers.items():
            if taught_by == trainer_id:
                found.update(held.hours_taught(block))
    return {str(year): hours for year, hours in sorted(found.items())}


def list_venues(session: Session, filters: VenueFilters, page: PageArguments) -> Page:
    """The venues, in the order in which they were entered."""
    table = storage.venue
    wanted = select(Venue)
    if filters.division is not None:
        wanted = wanted.where(table.c.division == filters.division)
    if filters.on is not None:
        wanted = wanted.where(_on(table, filters.on))
    return paginate(session, wanted, [table.c.id], page)


def _on(table: Table, day: date) -> ColumnElement[bool]:
    return (table.c.valid_from <= day) & or_(table.c.valid_until.is_(None), table.c.valid_until >= day)
