"""Opening a CQO's post in an enterprise (R22)."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import RuleBroken
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme.callers import Caller
from registry.domain.post import Post
from registry.storage import post as posts
from registry.usecases import vacancies
from registry.usecases.access import load_enterprise

OF_THE_TITLE = select(posts.c.id).where(
    posts.c.enterprise_id == bindparam("enterprise_id"), posts.c.title == bindparam("title")
)


class SameTitle(RuleBroken):
    """The enterprise already has a post with this title."""

    zh = "该企业已有同名岗位。"


@dataclass(frozen=True)
class OpenPost:
    """Open a post; without `departments` it directs all that R27 names."""

    title: str
    decision_level: bool = True
    departments: list[str] | None = None
    department_keys: dict[str, str] = field(default_factory=dict)


def open_post(session: Session, caller: Caller, enterprise_id: str, command: OpenPost, clock: Clock) -> Post:
    """Opens a post in an enterprise; the lock on the enterprise keeps two of one title apart."""
    enterprise = load_enterprise(session, caller, enterprise_id, clock.today(), lock=True)
    enterprise.require_standing()
    if session.scalar(OF_THE_TITLE, {"enterprise_id": enterprise.id, "title": command.title}):
        raise SameTitle()
    post, opened = Post.open(
        new_id(),
        enterprise,
        title=command.title,
        decision_level=command.decision_level,
        departments=command.departments,
        department_keys=command.department_keys,
        on=clock.today(),
    )
    session.add(post)
    outbox.add(session, post, opened, clock)
    vacancies.plan(session, post, post.opened_on)
    audit.record(session, caller, "post.opened", post.id, {"enterprise_id": enterprise.id}, clock)
    return post
