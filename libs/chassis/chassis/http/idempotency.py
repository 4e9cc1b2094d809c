"""`Idempotency-Key`: a request sent again with the same key takes effect once and gets the same answer.

The answer is stored in the transaction that has the effect. So either both are there, or neither, and a client that
never got its answer may ask again. Rivals with one key meet at the primary key: one commits, the others replay it.
"""

from __future__ import annotations

import hashlib
import random

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, Table, Text, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from chassis.data import metadata
from chassis.errors import CqoError, InvalidInput

idempotency = Table(
    "idempotency",
    metadata,
    Column("key", Text, primary_key=True),
    Column("caller", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index("ix_idempotency_created_at", "created_at"),
)

KEPT_HEADERS = ("Content-Type", "ETag", "Location")
KEPT_FOR = "7 days"
PURGED_EVERY, PURGED_AT_ONCE = 50, 1000


class KeyReused(CqoError):
    """This Idempotency-Key was used for a different request; use a new key for a new request."""

    status = 422
    zh = "该 Idempotency-Key 已用于另一请求，新的请求请使用新的键。"


def checked_key(value: str | None) -> str | None:
    """The header's value, if it can be a key."""
    if value is None:
        return None
    if not 1 <= len(value) <= 255 or not value.isascii() or not value.isprintable():
        reason = "Must have 1 to 255 printable ASCII characters."
        raise InvalidInput([{"header": "Idempotency-Key", "reason": reason}])
    return value


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What makes a request the same request."""
    return hashlib.sha256(f"{method}\n{path}\n{hashlib.sha256(body).hexdigest()}".encode()).hexdigest()


def find(session: Session, key: str, caller: str, expected: str) -> Response | None:
    """The stored answer to the same request; KeyReused if the key was used for another."""
    kept = session.execute(
        select(idempotency).where(idempotency.c.key == key, idempotency.c.caller == caller)
    ).one_or_none()
    if kept is None:
        return None
    if kept.fingerprint != expected:
        raise KeyReused()
    response = Response(bytes(kept.body), status=kept.status, headers=dict(kept.headers))
    response.headers["Idempotency-Replayed"] = "true"
    return response


def keep(session: Session, key: str, caller: str, expected: str, response: Response) -> None:
    """Stores the answer in the transaction that has the effect; raises IntegrityError if a rival was first."""
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    session.flush()
    session.execute(
        insert(idempotency).values(
            key=key,
            caller=caller,
            fingerprint=expected,
            status=response.status_code,
            body=response.get_data(),
            headers=headers,
            created_at=func.now(),
        )
    )
    # Old rows go now and then with a new one, so the table stays small without a job that could be forgotten.
    if random.random() < 1 / PURGED_EVERY:
        purge(session)


def purge(session: Session) -> int:
    """Removes answers that are no longer kept, some at a time; returns how many."""
    old = (
        select(idempotency.c.key, idempotency.c.caller)
        .where(idempotency.c.created_at < func.now() - text(f"interval '{KEPT_FOR}'"))
        .limit(PURGED_AT_ONCE)
        .with_for_update(skip_locked=True)
        .cte("old")
    )
    gone = (
        delete(idempotency)
        .where(idempotency.c.key == old.c.key, idempotency.c.caller == old.c.caller)
        .returning(idempotency.c.key)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(gone).all())
