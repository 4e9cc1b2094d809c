"""How much mail waits, for the metrics."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

BACKLOG = text(
    "SELECT count(*) AS number, coalesce(extract(epoch FROM now() - min(next_attempt_at)), 0)::float AS age "
    "FROM delivery WHERE state = 'pending' AND next_attempt_at <= now()"
)


class Backlog(NamedTuple):
    """How many letters' time has come, and the seconds since the first of them could have been sent."""

    number: int
    age: float


def backlog(session: Session) -> Backlog:
    """The letters that wait to be sent now."""
    return Backlog._make(session.execute(BACKLOG).one())
