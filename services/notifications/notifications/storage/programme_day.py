"""Tells the database the programme's time, where that may be another than the machine's: in a demo and in tests.

Triggers keep since when something holds. In production the two clocks are one, and nothing is told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session, SessionTransaction

from chassis.clock import Clock

SAME = timedelta(minutes=1)
TELL = text("SELECT set_config('cqo.now', :now, true)")


Listener = Callable[[Session, SessionTransaction, Connection], None]


def tell(clock: Clock) -> Listener | None:
    """From now on each transaction of this process has the time of `clock`, if that may be moved.

    Returns what listens to the sessions' event `after_begin`, for who wants it to end.
    """
    if not clock.may_be_moved:
        return None

    def tell_now(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
        now = clock.now()
        # As long as nobody has moved it, the database knows the time itself.
        if abs(now - datetime.now(UTC)) > SAME:
            connection.execute(TELL, {"now": now.isoformat()})

    event.listen(Session, "after_begin", tell_now)
    return tell_now
