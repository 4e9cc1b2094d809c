"""Opening CQO's posts in enterprises (R22)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import RuleBroken
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme.callers import Caller
from registry.domain.post import Post
from registry.storage import post as posts
from registry.usecases.access import load_enterprise


class SameTitle(RuleBroken):
    """The enterprise already has a post with this title."""

    zh = "该企业已有同名岗位。"


def open_post(session: Session, caller: Caller, enterprise_id: str, content: dict[str, Any], clock: Clock) -> Post:
    """Opens a post in an enterprise; the lock on the enterprise keeps two of one title apart."""
    enterprise = load_enterprise(session, caller, enterprise_id, clock.today(), lock=True)
    same = select(posts.c.id).where(posts.c.enterprise_id == enterprise.id, posts.c.title == content["title"])
    if session.scalar(same):
        raise SameTitle()
    post = Post(
        id=new_id(), enterprise_id=enterprise.id, division=enterprise.division, opened_on=clock.today(), **content
    )
    session.add(post)
    outbox.add(session, post, post.open(), clock)
    audit.record(session, caller, "post.opened", post.id, {"enterprise_id": enterprise.id}, clock)
    return post
