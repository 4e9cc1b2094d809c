"""Lists of the talent pool."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import ARRAY, Text, bindparam, func, select, true
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from registry.domain.certificates import CertificateFact, rested_on
from registry.domain.talent import Talent, TalentHistory, TalentStatus
from registry.queries.conditions import equal, held_on, holds_post, is_or_not, named, once, shown_as_holder, within
from registry.storage import appointment, certificate_fact, talent, talent_status
from registry.usecases.access import visible

CERTIFICATES = (
    select(CertificateFact)
    .where(certificate_fact.c.person_id == func.any(bindparam("people", type_=ARRAY(Text))))
    .order_by(certificate_fact.c.id)
)


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
    """A member of the pool, under the present name and division, and what held of them on a day."""

    talent: Talent
    history: TalentHistory
    appointed: bool
    certificate: CertificateFact | None  # the one that membership rested on


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
    facts = _certificates(session, [row["Talent"].id for row in found.items])
    shown = [TalentOnDay(*(*row.values(), rested_on(facts[row["Talent"].id], on))) for row in found.items]
    return Page(shown, found.next_cursor)


def _certificates(session: Session, person_ids: list[str]) -> dict[str, list[CertificateFact]]:
    """By person, the facts about their certificates in the order they were announced."""
    found: dict[str, list[CertificateFact]] = defaultdict(list)
    for fact in session.scalars(CERTIFICATES, {"people": person_ids}):
        found[fact.person_id].append(fact)
    return found
