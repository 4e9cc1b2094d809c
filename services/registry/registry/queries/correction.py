"""Corrections that enterprises have proposed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from registry.domain.correction import Correction, CorrectionState
from registry.queries.conditions import equal, within
from registry.storage import correction
from registry.usecases.access import visible


@dataclass(frozen=True)
class CorrectionFilters:
    """Which corrections are asked for."""

    division: str | None = None
    enterprise_id: str | None = None
    state: CorrectionState | None = None


def corrections(session: Session, caller: Caller, filters: CorrectionFilters, on: date, page: PageArguments) -> Page:
    """A page of Correction."""
    conditions = [
        visible(correction, caller, on),
        *within(correction, filters.division, on),
        *equal(correction, enterprise_id=filters.enterprise_id, state=filters.state),
    ]
    return paginate(session, select(Correction).where(*conditions), [correction.c.id], page)
