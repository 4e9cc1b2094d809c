"""Lists of the talent pool."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from registry.domain.talent import Talent, TalentHistory, TalentStatus
from registry.queries.conditions import equal, held_on, holds_post, is_or_not, named, once, shown_as_holder, within
from registry.storage import appointment, talent, talent_status
from registry.usecases.access import visible


@dataclass(frozen=True)
class TalentFilters:
    """Which members of the pool are asked for, as of which day.

    `available`: without a post then; `q`: words in the name.
    """

    on: date | None = None
    division: str | None = None
    status: TalentStatus | None = None
    available: bool | None = None
    q: str | None = None


class TalentOnDay(NamedTuple):
    """A member of the pool, the status of that day, and whether they held a post then."""

    talent: Talent
    history: TalentHistory
    appointed: bool


def talents(session: Session, caller: Caller, filters: TalentFilters, on: date, page: PageArguments) -> Page:
    """A page of TalentOnDay."""
    held = held_on(talent_status, "person_id", talent.c.id, on)
    appointed = shown_as_holder(talent.c.id, appointment.c.person_id, on)
    statement = (
        select(Talent, TalentHistory, appointed.label("appointed"))
        .select_from(Talent)
        .join(held, true())
        .join(TalentHistory, talent_status.c.id == held.c.id)
    )
    conditions = [
        visible(talent, caller, on),
        *within(talent, filters.division, on),
        *once(talent.c.id, talent_status.c.person_id, filters.status, on),
        *equal(talent_status, status=filters.status),
        *named(talent, filters.q),
    ]
    if filters.available is not None:
        conditions += is_or_not(holds_post(talent.c.id, appointment.c.person_id, on), not filters.available)
    found = paginate(session, statement.where(*conditions), [talent.c.id], page)
    return Page([TalentOnDay(*row.values()) for row in found.items], found.next_cursor)
