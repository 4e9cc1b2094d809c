"""Rebuilds read models: emptied, and filled again from the publishers' feeds, in one transaction.

Until it commits, readers see the old ones; if it is interrupted, they stay as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Table, delete, text
from sqlalchemy.orm import Session

from chassis.data import is_unavailable
from chassis.errors import RuleBroken
from chassis.messaging import archives, feed_client
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox import parking, passing
from chassis.messaging.inbox.applying import Applier, handlers_of
from chassis.messaging.inbox.tables import ParkedState, inbox_applied, inbox_cursor, inbox_parked
from chassis.messaging.inbox.timings import timings_of
from chassis.settings import Settings

WORKERS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = :name")


class WorkerRuns(RuleBroken):
    """The service's worker is running and would apply events meanwhile; stop all its replicas first."""

    zh = "该服务的 worker 仍在运行，请先停止其所有实例。"


@dataclass
class Rebuilt:
    """What came of the events in the feeds, and how many aggregates began at a later version than their first."""

    applied: int = 0
    parked: int = 0
    late: int = 0


def rebuild(
    session: Session,
    settings: Settings,
    worker: object,
    tables: Iterable[Table],
    archive: Path | None = None,
    when_forgotten: Mapping[str, passing.WhenForgotten] | None = None,
) -> Rebuilt:
    """Empties `tables` and applies all that the feeds hold with the handlers of `worker`.

    `archive`: the folder of what the publishers have archived, which is read first. An event that fails is parked for
    a person, as it would be in the inbox. Raises WorkerRuns, UnreadableArchive, and one of feed_client.UNREADABLE.
    """
    if session.scalar(WORKERS, {"name": f"{settings.service}-worker"}):
        raise WorkerRuns()
    # A worker that starts in spite of it waits, and finds the cursors where they then are.
    session.execute(text("LOCK TABLE inbox_cursor IN EXCLUSIVE MODE"))
    applier = Applier(handlers_of(worker))
    kinds = {kind.partition(".")[0] for kind in applier.handlers}
    passes = _learn_what_passes(session, settings, kinds)
    # What has passed is folded first, since the feeds give it no more.
    while passing.forget(session, when_forgotten or {}, passing.REFUSED_AFTER):
        pass
    applier.refused_before = passing.refused_before(session)
    session.execute(delete(inbox_parked).where(inbox_parked.c.state != ParkedState.DEAD))
    for table in (*tables, inbox_applied, inbox_cursor):
        session.execute(delete(table))
    retry_delays = timings_of(worker).retry_delays
    found = Rebuilt()
    for publisher in settings.feeds:
        for page in _pages(settings, publisher, archive):
            events = [event for event in page if event.type.partition(".")[0] in kinds and not applier.is_late(event)]
            late = [event for event in events if event.type.partition(".")[0] in passes]
            found.late += passing.begin_late(session, late)
            done = _apply(session, applier, events, retry_delays)
            found.applied, found.parked = found.applied + done, found.parked + len(events) - done
    return found


def _learn_what_passes(session: Session, settings: Settings, kinds: set[str]) -> set[str]:
    """The kinds that are not kept for ever by their publishers."""
    passes: set[str] = set()
    for publisher in settings.feeds:
        kept = feed_client.kept(settings, publisher)
        passing.learn(session, {kind: at for kind, at in kept.items() if at is not None and kind in kinds})
        passes |= kept.keys()
    return passes


def _pages(settings: Settings, publisher: str, archive: Path | None) -> Iterator[list[Envelope]]:
    """What a publisher has archived, and then its feed."""
    archived = 0
    for position, page in archives.pages(archive, publisher) if archive else ():
        archived = position
        yield page
    yield from feed_client.pages(settings, publisher, after=archived)


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
