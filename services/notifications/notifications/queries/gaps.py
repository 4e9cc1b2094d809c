"""The audits of coverage and the differences that they found, as a caller may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from chassis.http import Page, PageArguments, paginate
from notifications.storage import coverage_figure, coverage_gap, coverage_run
from programme import scope
from programme.callers import Caller

RUN = select(
    coverage_run.c.id,
    coverage_run.c.days,
    coverage_run.c.done,
    coverage_run.c.nightly,
    coverage_run.c.asked_by,
    coverage_run.c.asked_at,
    coverage_run.c.ended_at,
)
GAP = select(*(column for column in coverage_gap.c if column.name != "run_id"))


@dataclass(frozen=True)
class GapFilters:
    kind: str | None = None
    division: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Figure:
    """How many deliveries of a kind were due on a channel, and how many it accepted."""

    kind: str
    channel: str
    due: int
    accepted: int


@dataclass(frozen=True)
class Difference:
    """How many differences of a kind were found for a reason, and how many of them are fixed."""

    kind: str
    reason: str
    number: int
    fixed: int


@dataclass(frozen=True, kw_only=True)
class Run:
    """An audit. `figures` are those of the province, for who sees all of it; `differences` are those that one sees."""

    id: str
    days: Sequence[date]
    done: int
    nightly: bool
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    figures: list[Figure]
    differences: list[Difference]


def runs(session: Session, page: PageArguments) -> Page:
    """Audits, the newest first."""
    return paginate(session, RUN, [coverage_run.c.id], page, descending=True)


def run(session: Session, caller: Caller, run_id: str, on: date) -> Run:
    """An audit with what it found; NotFound."""
    found = session.execute(RUN.where(coverage_run.c.id == run_id)).one_or_none()
    if found is None:
        raise NotFound()
    figures = []
    if scope.sees_whole_province(caller):
        counted = select(*(coverage_figure.c[name] for name in ("kind", "channel", "due", "accepted")))
        of_run = counted.where(coverage_figure.c.run_id == run_id).order_by("kind", "channel")
        figures = [Figure(*row) for row in session.execute(of_run)]
    place = coverage_gap.c.kind, coverage_gap.c.reason
    differences = (
        select(*place, func.count(), func.count(coverage_gap.c.fixed_at))
        .where(coverage_gap.c.run_id == run_id, _seen(caller, on))
        .group_by(*place)
        .order_by(*place)
    )
    return Run(
        **found._mapping, figures=figures, differences=[Difference(*row) for row in session.execute(differences)]
    )


def gaps(session: Session, caller: Caller, run_id: str, filters: GapFilters, on: date, page: PageArguments) -> Page:
    """The differences that a run found; NotFound where there is no such run."""
    if session.scalar(select(coverage_run.c.id).where(coverage_run.c.id == run_id)) is None:
        raise NotFound()
    conditions = [coverage_gap.c.run_id == run_id, _seen(caller, on)]
    given = ((coverage_gap.c[name], getattr(filters, name)) for name in ("kind", "division", "reason"))
    conditions += [column == value for column, value in given if value is not None]
    return paginate(session, GAP.where(*conditions), [coverage_gap.c.id], page)


def _seen(caller: Caller, on: date) -> ColumnElement[bool]:
    return scope.within(coverage_gap.c.division, caller, on)
