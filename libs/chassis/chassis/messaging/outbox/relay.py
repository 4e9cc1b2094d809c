"""The relay: publishes the outbox in order, and marks what the broker has confirmed.

One relay of a service is the leader, by an advisory lock. It selects and marks on the connection that holds the lock,
so a relay that has lost its lock can't mark. If it dies between confirm and mark, the events are published again; the
inboxes ignore the second.

A leader whose process is frozen keeps its connection, and so its lock: one that has asked nothing of the database for
FROZEN_AFTER seconds has its session ended by a relay that stands by.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any, TypeAlias

import eventlet
import psycopg

from chassis.data import connect, forget_notifications, wait_for_notification
from chassis.intervals import Interval, to_next
from chassis.messaging.envelope import StoredEvent
from chassis.messaging.loops import WorkerLoop
from chassis.messaging.outbox import metrics
from chassis.messaging.outbox.floor import Floor
from chassis.messaging.outbox.publisher import Publisher
from chassis.messaging.outbox.table import CHANNEL, envelope

log = logging.getLogger(__name__)

BATCH = 500
SPACING = 0.02  # seconds from one batch's end to the next one's start, for more events to share it
POLL_EVERY = 10.0  # seconds; a notification comes first, so this only shows others that the leader lives
STAND_BY = 1.5  # seconds between two tries to become the leader
REPORT_EVERY = 10.0  # seconds
# No step of a leader that lives is so long without a statement: the longest, a batch that is not confirmed, takes 10 s.
FROZEN_AFTER = 20  # seconds
EPOCH = datetime.min.replace(tzinfo=UTC)
END_FROZEN = (
    "SELECT pid, pg_terminate_backend(pid) AS ended FROM pg_locks JOIN pg_stat_activity AS leader USING (pid) "
    "WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND leader.datname = current_database() "
    "AND database = leader.datid AND objid::bigint = hashtext('cqo.relay')::bigint & 4294967295 "
    "AND leader.application_name = %s AND (state = 'idle' OR wait_event = 'ClientWrite') "
    "AND state_change < clock_timestamp() - %s * interval '1 second'"
)
LEADER = "SELECT pg_try_advisory_lock(hashtext('cqo.relay'))"
# No cursor on seq: a number is handed out before its transaction commits, and a slow one would be passed over. The
# floor is below all that can still come.
UNPUBLISHED = (
    "SELECT seq, id::text, type, aggregate_id, aggregate_version, occurred_at, data::text AS data, division, "
    "correlation_id "
    "FROM outbox WHERE published_at IS NULL AND seq > %s ORDER BY seq LIMIT %s"
)
# Where the months that are over end; as text, since it may be minus infinity.
OPEN_SINCE = "SELECT coalesce(max(ends), '-infinity')::text FROM outbox_month WHERE last_position IS NOT NULL"
LAST_PUBLISHED = "SELECT published_at FROM outbox WHERE published_at >= %s ORDER BY feed_position DESC LIMIT 1"
# An event moves into the partition of its month, and never into one that is over, also where the clock was put back.
# The planner looks into those only that are not over.
MARK = (
    "UPDATE outbox SET published_at = greatest(%s, start.since), feed_position = start.position + batch.place "
    "FROM unnest(%s::bigint[]) WITH ORDINALITY AS batch (seq, place), "
    "(SELECT greatest((SELECT max(feed_position) FROM outbox WHERE published_at >= %s), max(last_position), 0) "
    "AS position, max(ends) FILTER (WHERE last_position IS NOT NULL) AS since FROM outbox_month) AS start "
    "WHERE outbox.seq = batch.seq AND outbox.published_at IS NULL"
)
# A count has a limit, as all that is asked in the publishing loop: a backlog of millions is told as this many.
COUNTED = 100_000
BACKLOG = (
    "SELECT count(*), greatest(0, extract(epoch FROM now() - min(occurred_at))) "
    "FROM (SELECT occurred_at FROM outbox WHERE published_at IS NULL AND seq > %s ORDER BY seq LIMIT %s) AS unpublished"
)


Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape


def leader_connection(url: str, service: str) -> Connection:
    """The connection that holds the leader's lock: one that has died or vanished is noticed, and loses the lock."""
    # A planner that takes a large backlog for a small one would sort all of it again for each batch.
    return connect(url, f"{service}-relay", enable_sort="off")


class Relay(WorkerLoop):
    """Runs the relay in a worker; any number of replicas may, one of them works."""

    what = "the relay"

    open_since = "-infinity"  # up to then the months are over
    published_at = EPOCH  # when the last event was

    def setup(self) -> None:
        super().setup()
        self.service: str = self.settings.service
        self.publisher: Publisher | None = None
        self.floor = Floor()
        self.reporting = Interval(REPORT_EVERY)

    def work(self) -> None:
        """Publishes as the leader until stopped; returns soon if another relay leads."""
        with leader_connection(self.settings.database_url, self.service) as database:
            (is_leader,) = database.execute(LEADER).fetchall()[0]
            if is_leader:
                self.publish_until_stopped(database)
                return
            self.end_frozen_leader(database)
            self.report(database)
        self.stop_signal.wait(STAND_BY)

    def end_frozen_leader(self, database: Connection) -> None:
        """Ends the leader's session if nothing has come from it for long; its lock is free then, and it can't mark."""
        for leader in database.execute(END_FROZEN, (f"{self.service}-relay", FROZEN_AFTER)).fetchall():
            log.warning(
                "the leading relay has done nothing for %d s; its session %d is ended", FROZEN_AFTER, leader.pid
            )

    def publish_until_stopped(self, database: Connection) -> None:
        """Publishes batch after batch; raises when the broker or the database is lost."""
        database.execute(f"LISTEN {CHANNEL}")
        self.floor = Floor()
        self._look_at_months(database)
        for (published_at,) in database.execute(LAST_PUBLISHED, (self.open_since,)).fetchall():
            self.published_at = published_at
        try:
            while not self.stop_signal.is_given:
                published = self.turn(database)
                if not published:
                    wait_for_notification(database, to_next(POLL_EVERY), self.stop_signal)
                elif published < BATCH:
                    eventlet.sleep(SPACING)
        finally:
            self.drop_publisher()

    def turn(self, database: Connection) -> int:
        """Publishes what is there, and counts what is left; returns how many were published."""
        # What they tell of is read next. A relay that is never idle would keep all of them.
        forget_notifications(database)
        published = self.publish_batch(database)
        self.report(database)
        return published

    def publish_batch(self, database: Connection) -> int:
        """Publishes and marks up to BATCH events; returns how many, 0 when there is nothing to do."""
        rows = database.execute(UNPUBLISHED, (self.floor.begin(database), BATCH)).fetchall()
        self.floor.found(rows)
        if not rows:
            return 0
        if self.publisher is None:
            self.publisher = Publisher(self.settings.amqp_url, f"{self.service}.events")
        events = [envelope(row, self.service, StoredEvent) for row in rows]
        held, nacked, returned = self.publisher.publish_events(events)
        metrics.published.labels(self.service).inc(len(rows))
        metrics.confirmed.labels(self.service).inc(held)
        metrics.nacked.labels(self.service).inc(nacked)
        metrics.returned.labels(self.service).inc(returned)
        if held:
            # Positions and times rise together, also where the clock was put back: a month is a run of positions.
            self.published_at = max(self.clock.now(), self.published_at)
            database.execute(MARK, (self.published_at, [row.seq for row in rows[:held]], self.open_since))
        if held < len(rows):
            raise ConnectionError(
                f"the broker did not take {rows[held].type} {rows[held].id} "
                f"({nacked} refused, {returned} with no queue: has the topology been applied?)"
            )
        return held

    def _look_at_months(self, database: Connection) -> None:
        ((self.open_since,),) = database.execute(OPEN_SINCE).fetchall()

    def drop_publisher(self) -> None:
        if self.publisher is not None:
            self.publisher.close()
            self.publisher = None

    def report(self, database: Connection) -> None:
        """Counts the backlog, for the metrics; that it could not be counted keeps nothing from being published."""
        if not self.reporting.is_over():
            return
        self._look_at_months(database)
        try:
            count, age = database.execute(BACKLOG, (self.floor.seq, COUNTED)).fetchall()[0]
        except psycopg.errors.QueryCanceled as fault:
            log.warning("the backlog could not be counted, its figures are those of before: %s", fault)
            return
        metrics.backlog.labels(self.service).set(count)
        metrics.oldest.labels(self.service).set(age or 0)
