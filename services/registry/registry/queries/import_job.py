"""Imports that were asked for as jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from chassis.data import load
from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from registry.domain.import_job import ImportJob, ImportKind, ImportState
from registry.queries.conditions import equal
from registry.storage import import_job
from registry.usecases.access import visible

LIST = select(ImportJob).options(defer(ImportJob.rejections, raiseload=True))  # type: ignore[arg-type]  # it is mapped


@dataclass(frozen=True)
class ImportFilters:
    """Which imports are asked for."""

    kind: ImportKind | None = None
    state: ImportState | None = None


def imports(session: Session, caller: Caller, filters: ImportFilters, on: date, page: PageArguments) -> Page:
    """A page of ImportJob, the newest first; without their rejections."""
    conditions = [visible(import_job, caller, on), *equal(import_job, kind=filters.kind, state=filters.state)]
    return paginate(session, LIST.where(*conditions), [import_job.c.id], page, descending=True)


def import_by_id(session: Session, caller: Caller, import_id: str, on: date) -> ImportJob:
    """An import that the caller may see."""
    return load(session, ImportJob, import_id, visible(import_job, caller, on))
