"""Lists of posts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from registry.domain.appointment import Appointment
from registry.domain.post import Post
from registry.queries.conditions import equal, is_or_not, shown_as_holder, visible_in_each, visible_within
from registry.storage import appointment, post
from registry.usecases.access import in_office


@dataclass(frozen=True)
class PostFilters:
    """Which posts are asked for."""

    division: str | None = None
    enterprise_id: str | None = None
    vacant: bool | None = None


class PostAndHolder(NamedTuple):
    """A post, and the appointment that holds it, if one does."""

    post: Post
    appointment: Appointment | None


def posts(session: Session, caller: Caller, filters: PostFilters, on: date, page: PageArguments) -> Page:
    """A page of PostAndHolder."""
    # Most posts are held.
    codes, seen = None, visible_within(post, filters.division, caller, on)
    if filters.vacant:
        codes, seen = visible_in_each(post, filters.division, caller, on)
    conditions = [
        *seen,
        *equal(post, enterprise_id=filters.enterprise_id),
        *is_or_not(~shown_as_holder(post.c.id, appointment.c.post_id, on), filters.vacant),
    ]
    found = paginate(session, select(post.c.id).where(*conditions), [post.c.id], page, each_of=codes)
    # With their holders in a second statement: to be joined to all posts, these would all be read.
    held = and_(appointment.c.post_id == post.c.id, in_office(on))
    shown = select(Post, Appointment).outerjoin(Appointment, held).where(post.c.id.in_(found.items))
    return Page([PostAndHolder(*row) for row in session.execute(shown.order_by(post.c.id))], found.next_cursor)
