"""Posts that stand vacant: what happens when the rule set's days of grace have passed (R22).

A row is planned where a vacancy begins. It is not cancelled when somebody is appointed: on its day it is looked whether
that vacancy goes on, so that nothing of a vacancy has to be locked to appoint somebody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta

from sqlalchemy import ARRAY, Text, bindparam, func, select
from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import Clock
from chassis.data import load_all, update_all
from chassis.due import DueRow
from chassis.messaging import outbox
from programme import rulesets
from registry import storage
from registry.domain.post import Post, Vacancy
from registry.domain.rules import Rules
from registry.events import PostVacancyOverdue

KIND = "post.vacancy"
_made = storage.appointment.c
# By post, whether somebody is in office, and the last day of its last appointment.
LAST_DAYS = (
    select(_made.post_id, func.bool_or(_made.ended_on.is_(None)), func.max(_made.ended_on))
    .where(_made.post_id == func.any(bindparam("posts", type_=ARRAY(Text))))
    .group_by(_made.post_id)
)
# Of an enterprise that was deregistered no post is to be filled.
GIVEN_UP = (
    select(storage.post.c.id)
    .join(storage.enterprise, storage.enterprise.c.id == storage.post.c.enterprise_id)
    .where(
        storage.post.c.id == func.any(bindparam("posts", type_=ARRAY(Text))),
        storage.enterprise.c.deregistered_on.is_not(None),
    )
)


def plan(session: Session, post: Post, since: date) -> None:
    """A vacancy of the post begins with the day `since`."""
    vacancy = post.leave_vacant(since, rulesets.rules_on(session, since, Rules))
    payload = {**asdict(vacancy), "since": since.isoformat()}
    key = f"{post.id}:{since.isoformat()}"
    due.plan(session, KIND, f"{KIND}:{post.id}", key, vacancy.overdue_on, payload)


def miss(session: Session, rows: Sequence[DueRow], clock: Clock) -> None:
    """Announces the vacancies that go on past their grace."""
    vacancies = [Vacancy(**{**row.payload, "since": date.fromisoformat(row.payload["since"])}) for row in rows]
    posts = load_all(session, Post, [vacancy.post_id for vacancy in vacancies])
    since = _vacant_since(session, posts)
    missed = list[tuple[Post, PostVacancyOverdue]]()
    for vacancy in vacancies:
        if since[vacancy.post_id] == vacancy.since:
            post = posts[vacancy.post_id]
            missed.append((post, post.miss_vacancy(vacancy, clock.today())))
    outbox.add_all(session, missed, clock, own_causes=True)
    update_all(session, [post for post, _ in missed], "version")


def _vacant_since(session: Session, posts: dict[str, Post]) -> dict[str, date | None]:
    """By post, the first day of its present vacancy; None where somebody is in office, or need not be any more."""
    since: dict[str, date | None] = {post.id: post.opened_on for post in posts.values()}
    for post_id, held, last_day in session.execute(LAST_DAYS, {"posts": list(posts)}):
        since[post_id] = None if held else last_day + timedelta(days=1)
    since.update(dict.fromkeys(session.scalars(GIVEN_UP, {"posts": list(posts)})))
    return since
