"""Entering key quality posts, who fills them, and the certificates that they show (R28)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, bindparam, exists, func, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load
from chassis.errors import RuleBroken
from chassis.ids import new_id
from chassis.security import audit
from programme.callers import Caller
from registry import storage
from registry.domain.departments import Department
from registry.domain.quality_post import (
    MOST_CERTIFICATES,
    MOST_HOLDERS,
    MOST_POSTS,
    HolderCertificate,
    QualityPost,
    QualityPostHolder,
    QualityPostKind,
    SameCertificate,
    SamePost,
    ShownCertificate,
    TooManyOfThem,
)
from registry.storage.quality_posts import holder_certificate, quality_post, quality_post_holder
from registry.usecases.access import load_enterprise, visible

_post, _holder, _shown = quality_post.c, quality_post_holder.c, holder_certificate.c
OPEN_POSTS = select(_post.title).where(_post.enterprise_id == bindparam("enterprise_id"), _post.closed_on.is_(None))
HELD = select(func.count()).where(_holder.quality_post_id == bindparam("post_id"), _holder.until_on.is_(None))
LAST_LEFT = select(func.max(_holder.until_on)).where(_holder.quality_post_id == bindparam("post_id"))
CERTIFICATES = select(HolderCertificate).where(_shown.holder_id == bindparam("holder_id")).order_by(_shown.id)


class NotYet(RuleBroken):
    """A post is entered when it is there, and not for a day to come."""

    zh = "岗位设立日期不得晚于今天。"


@dataclass(frozen=True, kw_only=True)
class OpenQualityPost:
    """Enter a key quality post with the certificate that it asks for."""

    kind: QualityPostKind
    title: str
    certificate_name: str
    certificate_issuer: str | None = None
    department: str | None = None
    department_key: Department | None = None
    opened_on: date | None = None  # today, if left out


@dataclass(frozen=True)
class FillQualityPost:
    """Somebody fills it from a day, with the certificate that they have shown, if they have."""

    name: str
    from_on: date | None = None
    certificate: ShownCertificate | None = None


@dataclass(frozen=True)
class WithLastDay:
    """The last day of a holder in the post, or of the post."""

    on: date


def open_post(
    session: Session, caller: Caller, enterprise_id: str, command: OpenQualityPost, clock: Clock
) -> QualityPost:
    """Enters a post; the lock on the enterprise keeps two of one title apart."""
    today = clock.today()
    enterprise = load_enterprise(session, caller, enterprise_id, today, lock=True)
    enterprise.require_standing()
    titles = list(session.scalars(OPEN_POSTS, {"enterprise_id": enterprise.id}))
    if command.title in titles:
        raise SamePost()
    _require_room(len(titles), MOST_POSTS)
    fields = {**vars(command), "opened_on": command.opened_on or today}
    if fields["opened_on"] > today:
        raise NotYet()
    opened = QualityPost(new_id(), enterprise.id, **fields)
    session.add(opened)
    audit.record(session, caller, "quality_post.opened", opened.id, {"enterprise_id": enterprise.id}, clock)
    return opened


def fill(session: Session, caller: Caller, post_id: str, command: FillQualityPost, clock: Clock) -> QualityPostHolder:
    """Enters who fills a post from a day."""
    today = clock.today()
    post = _load(session, caller, post_id, today)
    _require_room(session.scalar(HELD, {"post_id": post.id}) or 0, MOST_HOLDERS)
    holder = QualityPostHolder.fill(new_id(), post, command.name, command.from_on or today, today)
    session.add(holder)
    if command.certificate is not None:
        shown = holder.show(new_id(), command.certificate, today)
        session.flush()  # The certificate refers to it.
        session.add(shown)
    audit.record(session, caller, "quality_post.filled", post.id, {"holder_id": holder.id}, clock)
    return holder


def show_certificate(
    session: Session, caller: Caller, holder_id: str, command: ShownCertificate, clock: Clock
) -> QualityPostHolder:
    """Enters a certificate of a holder: a first one, or the next."""
    today = clock.today()
    holder = _load_holder(session, caller, holder_id, today)
    known = list(session.scalars(CERTIFICATES, {"holder_id": holder.id}))
    if any((each.number, each.valid_from) == (command.number, command.valid_from) for each in known):
        raise SameCertificate()
    _require_room(len(known), MOST_CERTIFICATES)
    shown = holder.show(new_id(), command, today)
    session.add(shown)
    audit.record(session, caller, "quality_post.certificate_shown", holder.id, {"certificate_id": shown.id}, clock)
    return holder


def leave(session: Session, caller: Caller, holder_id: str, command: WithLastDay, clock: Clock) -> QualityPostHolder:
    """Enters the last day of a holder in the post."""
    today = clock.today()
    holder = _load_holder(session, caller, holder_id, today)
    holder.leave(command.on, today)
    audit.record(session, caller, "quality_post.left", holder.id, {"on": command.on.isoformat()}, clock)
    return holder


def close(session: Session, caller: Caller, post_id: str, command: WithLastDay, clock: Clock) -> QualityPost:
    """Closes a post that nobody holds any more."""
    today = clock.today()
    post = _load(session, caller, post_id, today)
    of_post = {"post_id": post.id}
    post.close(command.on, session.scalar(LAST_LEFT, of_post), bool(session.scalar(HELD, of_post)), today)
    audit.record(session, caller, "quality_post.closed", post.id, {"on": command.on.isoformat()}, clock)
    return post


def seen_enterprise(caller: Caller, on: date) -> ColumnElement[bool]:
    """Of a post: whether the caller may see its enterprise. A post has no division of its own."""
    enterprise = storage.enterprise
    return exists().where(enterprise.c.id == _post.enterprise_id, visible(enterprise, caller, on))


def _load(session: Session, caller: Caller, post_id: str, on: date) -> QualityPost:
    return load(session, QualityPost, post_id, seen_enterprise(caller, on), lock=True)


def _load_holder(session: Session, caller: Caller, holder_id: str, on: date) -> QualityPostHolder:
    """The post is locked first, as where it is filled or closed."""
    _load(session, caller, load(session, QualityPostHolder, holder_id).quality_post_id, on)
    return load(session, QualityPostHolder, holder_id, lock=True)


def _require_room(number: int, most: int) -> None:
    if number >= most:
        raise TooManyOfThem(most=most)
