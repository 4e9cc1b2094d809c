"""The last version of each aggregate that this service has applied, as its cursors have it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, func, or_, select, text
from sqlalchemy.orm import Session

from chassis.messaging.digest import Head, TypeDigest, bucket, digests
from chassis.messaging.inbox.passing import inbox_passing
from chassis.messaging.inbox.tables import inbox_cursor

_kind = func.split_part(inbox_cursor.c.aggregate, ":", 1)
_passing, _time = inbox_passing.c, inbox_cursor.c.event_time
# What ended before its kind's beginning is compared no more, here as at its publisher.
CURSORS = (
    select(
        _kind.label("type"),
        func.substr(inbox_cursor.c.aggregate, func.length(_kind) + 2).label("subject"),
        inbox_cursor.c.version,
        inbox_cursor.c.event_id.label("id"),
    )
    .outerjoin(inbox_passing, _passing.aggregate_type == _kind)
    .where(
        inbox_cursor.c.version > 0,  # one at 0 waits for its aggregate's first event
        or_(
            _passing.begins.is_(None), inbox_cursor.c.event_time.is_(None), inbox_cursor.c.event_time >= _passing.begins
        ),
    )
)
LEARN = text(
    "UPDATE inbox_cursor SET event_id = head.id FROM unnest(:keys, :versions, :ids) AS head (aggregate, version, id) "
    "WHERE inbox_cursor.aggregate = head.aggregate AND inbox_cursor.version = head.version AND event_id IS NULL"
).bindparams(
    bindparam("keys", type_=ARRAY(Text)),
    bindparam("versions", type_=ARRAY(BigInteger)),
    bindparam("ids", type_=ARRAY(Text)),
)


def applied(session: Session, kinds: Sequence[str]) -> list[TypeDigest]:
    """The digests of what this service has applied of the others' events."""
    return digests(session, CURSORS.where(_kind.in_(kinds)).subquery())


def applied_heads(session: Session, kind: str, buckets: Sequence[int]) -> dict[str, Head]:
    """What this service has applied of the aggregates of some buckets, by their ids."""
    cursors = CURSORS.where(_kind == kind).subquery().c
    found = select(cursors.subject, cursors.version, cursors.id).where(bucket(cursors.subject).in_(buckets))
    return {subject: Head(subject, version, event_id) for subject, version, event_id in session.execute(found)}


def learn_ids(session: Session, kind: str, heads: Iterable[Head]) -> None:
    """Gives cursors from before ids were kept the ids that their publisher names for their versions."""
    known = list(heads)
    if known:
        keys = [f"{kind}:{head.subject}" for head in known]
        columns = {"versions": [head.version for head in known], "ids": [head.id for head in known]}
        session.execute(LEARN, {"keys": keys, **columns})
