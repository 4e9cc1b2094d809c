"""How much mail waits, for the metrics."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

BACKLOG = text(
    "SELECT count(*) AS number, coalesce(extract(epoch FROM now() - min(next_attempt_at)), 0)::float AS age "
    "FROM delivery WHERE state = 'pending' AND next_attempt_at <= now()"
)


def backlog(session: Session) -> tuple[int, float]:
    """How many letters' time has come, and the seconds since the first of them could have been sent."""
    row = session.execute(BACKLOG).one()
    return row.number, row.age
