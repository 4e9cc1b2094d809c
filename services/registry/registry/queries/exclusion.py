"""The exclusion list."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme import scope
from programme.callers import Caller
from registry.domain.exclusion import Exclusion
from registry.storage import exclusion

EXCLUSIONS = select(Exclusion)


def exclusions(session: Session, caller: Caller, page: PageArguments) -> Page:
    """A page of Exclusion, for who sees the whole province: an entry says nothing of where its person belongs."""
    scope.require_whole_province(caller)
    return paginate(session, EXCLUSIONS, [exclusion.c.id], page)
