"""How many letters wait on each channel, and why, for the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from notifications.domain.notice import OUTWARD, Channel

# Each is answered from a partial index.
WAITING = text(
    "SELECT channel, count(*) AS number, extract(epoch FROM now() - min(next_attempt_at))::float AS age "
    "FROM delivery WHERE state = 'pending' AND next_attempt_at <= now() GROUP BY 1"
)
LIMITED = text(
    "SELECT channel, waits_for, count(*) AS number FROM delivery "
    "WHERE state = 'pending' AND waits_for IS NOT NULL GROUP BY 1, 2"
)
UNKNOWN = text("SELECT channel, count(*) AS number FROM delivery WHERE state = 'unknown' GROUP BY 1")
LIMITS = ("sms_daily", "sms_daily_of_recipient", "robot_minute")


@dataclass(frozen=True)
class Backlog:
    """How many letters' time has come, and the seconds since the first of them could have been sent.

    `unknown` wait for a person, `limited` for room, by the limit's name.
    """

    channel: Channel
    number: int
    age: float
    unknown: int
    limited: Mapping[str, int]


def backlog(session: Session) -> list[Backlog]:
    """The letters that wait, by channel."""
    waiting = {row.channel: row for row in session.execute(WAITING)}
    limited = {(row.channel, row.waits_for): row.number for row in session.execute(LIMITED)}
    unknown: dict[str, int] = {channel: number for channel, number in session.execute(UNKNOWN)}
    return [
        Backlog(
            channel,
            number=waiting[channel].number if channel in waiting else 0,
            age=waiting[channel].age if channel in waiting else 0.0,
            unknown=unknown.get(channel, 0),
            limited={limit: limited.get((channel, limit), 0) for limit in LIMITS},
        )
        for channel in OUTWARD
    ]
