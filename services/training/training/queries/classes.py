"""Plans, classes, and who is enrolled in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.data import load
from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from training import storage
from training.domain.enrolment import Enrolment
from training.domain.nomination import Nomination, NominationStatus
from training.domain.plan import Plan
from training.domain.training_class import ClassKind, ClassStatus, TrainingClass
from training.usecases.access import visible


@dataclass(frozen=True)
class PlanFilters:
    """Which plans are asked for; None leaves a filter out."""

    year: int | None = None


@dataclass(frozen=True)
class ClassFilters:
    """Which classes are asked for; None leaves a filter out."""

    status: ClassStatus | None = None
    kind: ClassKind | None = None


@dataclass(frozen=True)
class NominationFilters:
    """Which nominations are asked for; None leaves a filter out."""

    status: NominationStatus | None = None


def list_plans(session: Session, filters: PlanFilters, page: PageArguments) -> Page:
    """The yearly plans with all their revisions, the newest first."""
    column = storage.plan.c
    wanted = select(Plan)
    if filters.year is not None:
        wanted = wanted.where(column.year == filters.year)
    return paginate(session, wanted, [column.year, column.revision], page, descending=True)


def list_classes(session: Session, filters: ClassFilters, page: PageArguments) -> Page:
    """Classes, in the order in which they were scheduled."""
    column = storage.training_class.c
    wanted = select(TrainingClass)
    if filters.status is not None:
        wanted = wanted.where(column.status == filters.status)
    if filters.kind is not None:
        wanted = wanted.where(column.kind == filters.kind)
    return paginate(session, wanted, [column.id], page)


def list_nominations(
    session: Session, caller: Caller, class_id: str, filters: NominationFilters, on: date, page: PageArguments
) -> Page:
    """The nominations for a class that the caller may see, in the order in which they were first made."""
    load(session, TrainingClass, class_id)
    table = storage.nomination
    wanted = select(Nomination).where(table.c.class_id == class_id, visible(table, caller, on))
    if filters.status is not None:
        wanted = wanted.where(table.c.status == filters.status)
    return paginate(session, wanted, [table.c.id], page)


def list_enrolments(session: Session, caller: Caller, class_id: str, on: date, page: PageArguments) -> Page:
    """Those enrolled in a class whom the caller may see."""
    load(session, TrainingClass, class_id)
    table = storage.enrolment
    wanted = select(Enrolment).where(table.c.class_id == class_id, visible(table, caller, on))
    return paginate(session, wanted, [table.c.id], page)
