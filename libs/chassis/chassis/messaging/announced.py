"""The last version of each aggregate that this service has announced, published or not.

What a reader has applied can be no more than what is committed here, so one that has more is ahead. Aggregates of a
kind that passes are left out where they ended before the kind's beginning; a reader leaves out the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from sqlalchemy import Column, ColumnElement, FromClause, Text, cast, exists, or_, select, union_all
from sqlalchemy.orm import Session

from chassis.messaging.digest import Head, TypeDigest, bucket, digests
from chassis.messaging.outbox.heads import LAST_VERSIONS, not_taken_in, outbox_head
from chassis.messaging.outbox.keeping import outbox_kept
from chassis.messaging.outbox.table import outbox
from chassis.security import Access, Caller

_head, _kept = outbox_head.c, outbox_kept.c
# What is asked of aggregates, by the columns of their kinds and ids.
Wanted = Callable[[Column[str], Column[str]], ColumnElement[bool]]


def announced(
    session: Session, kinds: Sequence[str] | None, caller: Caller, today: date, access: Access
) -> list[TypeDigest]:
    """The digests of what this service has announced, as far as the caller may see."""
    heads = _heads(session, lambda kind, _: kind.is_not(None) if kinds is None else kind.in_(kinds))
    return digests(session, _visible(heads, caller, today, access))


def announced_heads(
    session: Session,
    kind: str,
    buckets: Sequence[int],
    after: str,
    limit: int,
    caller: Caller,
    today: date,
    access: Access,
) -> list[Head]:
    """Aggregates of some buckets in the order of their ids, from one on."""

    def wanted(of_kind: Column[str], subject: Column[str]) -> ColumnElement[bool]:
        return (of_kind == kind) & (subject > after) & bucket(subject).in_(buckets)

    heads = _visible(_heads(session, wanted), caller, today, access).c
    found = select(heads.subject, heads.version, heads.id).order_by(heads.subject).limit(limit)
    return [Head(*row) for row in session.execute(found)]


def _heads(session: Session, wanted: Wanted) -> FromClause:
    """The last versions: those taken in already, but where a later one is published since or not yet published."""
    row = outbox.c
    asked = wanted(row.aggregate_type, row.aggregate_id)
    recent = LAST_VERSIONS.where(asked, or_(row.published_at.is_(None), not_taken_in(session))).cte("recent")
    latest = recent.c
    is_later = exists().where(latest.aggregate_type == _head.aggregate_type, latest.aggregate_id == _head.aggregate_id)
    stand = select(
        _head.aggregate_type, _head.aggregate_id, _head.version, _head.event_id, _head.division, _head.occurred_at
    ).where(wanted(_head.aggregate_type, _head.aggregate_id), ~is_later)
    known = union_all(stand, select(recent)).subquery("known").c
    return (
        select(
            known.aggregate_type.label("type"),
            known.aggregate_id.label("subject"),
            known.version,
            cast(known.event_id, Text).label("id"),
            known.division,
        )
        .outerjoin(outbox_kept, _kept.aggregate_type == known.aggregate_type)
        .where(or_(_kept.begins.is_(None), known.occurred_at >= _kept.begins))
        .subquery()
    )


def _visible(heads: FromClause, caller: Caller, today: date, access: Access) -> FromClause:
    if access.sees is None:
        return heads
    seen = or_(heads.c.division.is_(None), access.sees(heads.c.division, caller, today))
    return select(heads).where(seen).subquery()
