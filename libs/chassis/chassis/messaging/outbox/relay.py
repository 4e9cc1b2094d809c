"""The relay: publishes the outbox in order, and marks what the broker has confirmed.

One relay of a service is the leader, by an advisory lock. It selects and marks on the connection that holds the lock,
so a relay that has lost its lock can't mark. If it dies between confirm and mark, the events are published again;
the inboxes ignore the second.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import eventlet
import psycopg
from nameko.extensions import DependencyProvider

from chassis.backoff import LONGEST_WAIT, back_off
from chassis.data import connect, wait_for_notification
from chassis.messaging import broker
from chassis.messaging.envelope import StoredEvent
from chassis.messaging.outbox import metrics
from chassis.messaging.outbox.publisher import Publisher
from chassis.messaging.outbox.table import CHANNEL, envelope

log = logging.getLogger(__name__)

BATCH = 500
SPACING = 0.02  # seconds from one batch's end to the next one's start, for more events to share it
POLL = 1.0  # seconds; a notification usually comes first
REPORT = 5.0
LEADER = "SELECT pg_try_advisory_lock(hashtext('cqo.relay'))"
# No cursor on seq: a number is handed out before its transaction commits, and a slow one would be passed over.
UNPUBLISHED = (
    "SELECT seq, id::text, type, aggregate_id, aggregate_version, occurred_at, data::text AS data, division, "
    "correlation_id "
    "FROM outbox WHERE published_at IS NULL ORDER BY seq LIMIT %s"
)
MARK = (
    "UPDATE outbox SET published_at = now(), feed_position = start.position + batch.place "
    "FROM unnest(%s::bigint[]) WITH ORDINALITY AS batch (seq, place), "
    "(SELECT coalesce(max(feed_position), 0) AS position FROM outbox) AS start WHERE outbox.seq = batch.seq"
)
BACKLOG = (
    "SELECT count(*), greatest(0, extract(epoch FROM now() - min(occurred_at))) FROM outbox WHERE published_at IS NULL"
)


def leader_connection(url: str, service: str) -> psycopg.Connection[Any]:
    """The connection that holds the leader's lock: one that has died or vanished is noticed, and loses the lock."""
    # A planner that takes a large backlog for a small one would sort all of it again for each batch.
    return connect(url, f"{service}-relay", enable_sort="off")


class Relay(DependencyProvider):
    """Runs the relay in a worker; any number of replicas may, one of them works."""

    def setup(self) -> None:
        self.settings = self.container.config["cqo"]
        self.service: str = self.settings.service
        self.stopping = False
        self.publisher: Publisher | None = None
        self.reported_at = 0.0

    def start(self) -> None:
        self.thread = self.container.spawn_managed_thread(self.run, "relay")

    def stop(self) -> None:
        """Ends the relay after the batch under way."""
        self.stopping = True
        self.thread.wait()

    def kill(self) -> None:
        self.stopping = True

    def get_dependency(self, worker_ctx: Any) -> Relay:
        return self

    def run(self) -> None:
        failures = 0
        while not self.stopping:
            started = time.monotonic()
            try:
                self.lead()
            except (psycopg.Error, *broker.LOST) as fault:
                log.warning("the relay lost its database or broker: %s", fault)
            except Exception:
                # nameko takes the container down when this loop raises; what is unpublished waits in the outbox.
                log.exception("the relay failed")
            if not self.stopping:
                failures = failures + 1 if time.monotonic() - started < LONGEST_WAIT else 1
                eventlet.sleep(back_off(failures))

    def lead(self) -> None:
        """Publishes as the leader until stopped; returns soon if another relay leads."""
        with leader_connection(self.settings.database_url, self.service) as database:
            if not database.execute(LEADER).fetchone()[0]:  # type: ignore[index]
                self.report(database)
                return
            database.execute(f"LISTEN {CHANNEL}")
            try:
                while not self.stopping:
                    self.report(database)
                    published = self.publish_batch(database)
                    if not published:
                        wait_for_notification(database, POLL, lambda: self.stopping)
                    elif published < BATCH:
                        eventlet.sleep(SPACING)
            finally:
                self.drop_publisher()

    def publish_batch(self, database: psycopg.Connection[Any]) -> int:
        """Publishes and marks up to BATCH events; returns how many, 0 when there is nothing to do."""
        rows = database.execute(UNPUBLISHED, (BATCH,)).fetchall()
        if not rows:
            return 0
        if self.publisher is None:
            self.publisher = Publisher(self.settings.amqp_url, f"{self.service}.events")
        held, nacked, returned = self.publisher.publish([envelope(row, self.service, StoredEvent) for row in rows])
        metrics.published.labels(self.service).inc(len(rows))
        metrics.confirmed.labels(self.service).inc(held)
        metrics.nacked.labels(self.service).inc(nacked)
        metrics.returned.labels(self.service).inc(returned)
        if held:
            database.execute(MARK, ([row.seq for row in rows[:held]],))
        if held < len(rows):
            raise ConnectionError(
                f"the broker did not take {rows[held].type} {rows[held].id} "
                f"({nacked} refused, {returned} with no queue: has the topology been applied?)"
            )
        return held

    def drop_publisher(self) -> None:
        if self.publisher is not None:
            self.publisher.close()
            self.publisher = None

    def report(self, database: psycopg.Connection[Any]) -> None:
        """Counts the backlog, for the metrics."""
        if time.monotonic() - self.reported_at < REPORT:
            return
        count, age = database.execute(BACKLOG).fetchone()  # type: ignore[misc]
        metrics.backlog.labels(self.service).set(count)
        metrics.oldest.labels(self.service).set(age or 0)
        self.reported_at = time.monotonic()
