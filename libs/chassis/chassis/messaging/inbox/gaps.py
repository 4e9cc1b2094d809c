"""Closes gaps: an event whose predecessor has not come for 15 minutes has it fetched from the publisher's feed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import Engine, Interval, bindparam, exists, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from chassis.messaging import feed_client
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox import metrics, passing
from chassis.messaging.inbox.tables import ParkedState, inbox_cursor, inbox_parked
from chassis.messaging.inbox.timings import Timings
from chassis.messaging.loops import StopSignal, repeat
from chassis.settings import Settings

log = logging.getLogger(__name__)

AT_ONCE = 100  # aggregates looked after between two looks

_parked, _cursor, _next = inbox_parked.c, inbox_cursor.c, inbox_parked.alias("next_one").c
# Each aggregate held up for long by an event that is not parked: its cursor, and an event that waits.
GAPS = (
    select(_parked.aggregate, _cursor.version, _parked.event)
    .ext(distinct_on(_parked.aggregate))
    .join(inbox_cursor, _cursor.aggregate == _parked.aggregate)
    .where(
        _parked.version > _cursor.version + literal(1),
        _parked.event.is_not(None),
        _parked.state != ParkedState.CONFLICT,
        _parked.parked_at < func.now() - bindparam("missing_after", type_=Interval),
        ~exists().where(
            _next.aggregate == _parked.aggregate,
            _next.version == _cursor.version + literal(1),
            _next.state != ParkedState.CONFLICT,
        ),
    )
    .order_by(_parked.aggregate, _parked.version)
    .limit(AT_ONCE)
)


class GapCloser:
    """The loop that looks for aggregates whose next event is missing."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        stop: StopSignal,
        timings: Timings,
        apply: Callable[[Sequence[Envelope]], None],
    ) -> None:
        """`apply` applies or parks the events that were fetched."""
        self.settings, self.engine, self.stop = settings, engine, stop
        self.timings = timings
        self.apply = apply

    def run(self) -> None:
        """Goes on until the worker stops."""
        repeat(self._turn, "looking for missing events", self.stop)

    def _turn(self) -> None:
        self.close_gaps()
        self.stop.wait(self.timings.look_for_missing_every)

    def close_gaps(self) -> None:
        """Fetches what is missing and applies it."""
        with Session(self.engine) as session, session.begin():
            gaps = session.execute(GAPS, {"missing_after": timedelta(seconds=self.timings.missing_after)}).all()
        metrics.missing.labels(self.settings.service).set(len(gaps))
        for aggregate, cursor, waiting in gaps:
            log.warning("%s waits for its version %d, which has not come", aggregate, cursor + 1)
            try:
                self._close(cursor, Envelope.from_dict(waiting))
            except feed_client.UNREADABLE as fault:
                # One publisher that does not answer keeps nobody from another's events.
                log.warning("what %s waits for could not be fetched: %s", aggregate, fault)

    def _close(self, cursor: int, waiting: Envelope) -> None:
        """Applies what the publisher gives; an aggregate of a kind that passes may begin there at a later version."""
        events = self._fetch_after(cursor, waiting)
        with Session(self.engine) as session, session.begin():
            passes = waiting.type.partition(".")[0] in passing.beginnings(session)
            if passes and passing.begin_late(session, events):
                log.warning(
                    "%s begins at version %d: what was before has passed", waiting.aggregate, events[0].sequence
                )
        self.apply(events)

    def _fetch_after(self, cursor: int, waiting: Envelope) -> list[Envelope]:
        """All events of the aggregate of `waiting` that come after its cursor, from the feed of their publisher."""
        pages = feed_client.pages(self.settings, waiting.source.strip("/"), subject=waiting.subject)
        return [
            event
            for page in pages
            for event in page
            if event.aggregate == waiting.aggregate and event.sequence > cursor
        ]
