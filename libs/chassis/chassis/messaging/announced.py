"""The last version of each aggregate that this service has announced, published or not.

What a reader has applied can be no more than what is committed here, so one that has more is ahead.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import FromClause, Select, Text, cast, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from chassis.messaging.digest import Head, TypeDigest, bucket, digests
from chassis.messaging.outbox.table import outbox
from chassis.security import Access, Caller

_row = outbox.c
HEADS = select(
    _row.aggregate_type.label("type"),
    _row.aggregate_id.label("subject"),
    _row.aggregate_version.label("version"),
    cast(_row.id, Text).label("id"),
    _row.division,
).ext(distinct_on(_row.aggregate_type, _row.aggregate_id))
# In the order of an index, backwards.
ALL = HEADS.order_by(_row.aggregate_type.desc(), _row.aggregate_id.desc(), _row.aggregate_version.desc())
BY_ID = HEADS.order_by(_row.aggregate_type, _row.aggregate_id, _row.aggregate_version.desc())


def announced(
    session: Session, kinds: Sequence[str] | None, caller: Caller, today: date, access: Access
) -> list[TypeDigest]:
    """The digests of what this service has announced, as far as the caller may see."""
    heads = ALL if kinds is None else ALL.where(_row.aggregate_type.in_(kinds))
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
    wanted = BY_ID.where(_row.aggregate_type == kind, _row.aggregate_id > after)
    heads = _visible(wanted.where(bucket(_row.aggregate_id).in_(buckets)), caller, today, access).c
    found = select(heads.subject, heads.version, heads.id).order_by(heads.subject).limit(limit)
    return [Head(*row) for row in session.execute(found)]


def _visible(heads: Select[str, str, int, str, str | None], caller: Caller, today: date, access: Access) -> FromClause:
    found = heads.subquery()
    if access.sees is None:
        return found
    seen = or_(found.c.division.is_(None), access.sees(found.c.division, caller, today))
    return select(found).where(seen).subquery()
