"""Rebuilds read models: emptied, and filled again from the publishers' feeds, in one transaction.

Until it commits, readers see the old ones; if it is interrupted, they stay as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Table, delete, text
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import is_unavailable
from chassis.errors import RuleBroken
from chassis.messaging import feed_client
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox import parking
from chassis.messaging.inbox.applying import Applier, handlers_of
from chassis.messaging.inbox.tables import ParkedState, inbox_applied, inbox_cursor, inbox_parked
from chassis.messaging.inbox.timings import timings_of
from chassis.settings import Settings

WORKERS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = :name")


class WorkerRuns(RuleBroken):
    """The service's worker is running and would apply events meanwhile; stop all its replicas first."""

    zh = "该服务的 worker 仍在运行，请先停止其所有实例。"


class Rebuilt(NamedTuple):
    """What came of the events in the feeds."""

    applied: int
    parked: int


def rebuild(session: Session, settings: Settings, worker: object, tables: Iterable[Table], clock: Clock) -> Rebuilt:
    """Empties `tables` and applies all that the feeds hold with the handlers of `worker`.

    An event that fails is parked for a person, as it would be in the inbox. Raises WorkerRuns, and
    one of feed_client.UNREADABLE.
    """
    if session.scalar(WORKERS, {"name": f"{settings.service}-worker"}):
        raise WorkerRuns()
    # A worker that starts in spite of it waits, and finds the cursors where they then are.
    session.execute(text("LOCK TABLE inbox_cursor IN EXCLUSIVE MODE"))
    session.execute(delete(inbox_parked).where(inbox_parked.c.state != ParkedState.DEAD))
    for table in (*tables, inbox_applied, inbox_cursor):
        session.execute(delete(table))
    applier = Applier(handlers_of(worker))
    retry_delays = timings_of(worker).retry_delays
    kinds = {kind.partition(".")[0] for kind in applier.handlers}
    applied = parked = 0
    for publisher in settings.feeds:
        for page in feed_client.pages(settings, publisher):
            events = [event for event in page if event.type.partition(".")[0] in kinds]
            done = _apply(session, applier, events, retry_delays)
            applied, parked = applied + done, parked + len(events) - done
    return Rebuilt(applied, parked)


def _apply(session: Session, applier: Applier, events: Sequence[Envelope], retry_delays: Sequence[float]) -> int:
    """Applies `events`, or parks those that fail; returns how many are dealt with for good."""
    if not events:
        return 0
    try:
        with session.begin_nested():
            result = applier.apply(session, events)
            return len(result.applied) + len(result.moved)
    except Exception as fault:
        if is_unavailable(fault):
            raise
        if len(events) == 1:
            parking.park_failed(session, events[0], fault, retry_delays)
            return 0
        # One by one in the feed's order, which is each aggregate's own.
        return sum(_apply(session, applier, [event], retry_delays) for event in events)
