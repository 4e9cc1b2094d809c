"""The exclusion list."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from registry.domain.exclusion import Exclusion
from registry.storage import exclusion

EXCLUSIONS = select(Exclusion)


def exclusions(session: Session, page: PageArguments) -> Page:
    """A page of Exclusion."""
    return paginate(session, EXCLUSIONS, [exclusion.c.id], page)
