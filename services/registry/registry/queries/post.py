"""Lists of posts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from registry.domain.appointment import Appointment
from registry.domain.post import Post
from registry.queries.conditions import equal, is_or_not, within
from registry.storage import appointment, post
from registry.usecases.access import in_office, visible

_holder = appointment.alias()


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
    conditions = [
        visible(post, caller, on),
        *within(post, filters.division, on),
        *equal(post, enterprise_id=filters.enterprise_id),
        # Asked apart from the holder that is shown: the rows of a page are found without joining all posts and holders.
        *is_or_not(~exists().where(_holder.c.post_id == post.c.id, in_office(on, _holder)), filters.vacant),
    ]
    held = and_(appointment.c.post_id == post.c.id, in_office(on))
    wanted = select(Post, Appointment).outerjoin(Appointment, held)
    found = paginate(session, wanted.where(*conditions), [post.c.id], page)
    return Page([PostAndHolder(*row.values()) for row in found.items], found.next_cursor)
