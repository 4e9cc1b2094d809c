"""Fills the queues of the subscriptions that are received by AMQP, and keeps them and their users at the broker.

One worker is the leader, by an advisory lock on the connection by which it reads and marks. A batch holds the next
deliveries of all subscriptions, each in its sequence; what the broker has confirmed is marked. A leader that dies
between confirm and mark leaves it to be published again: a subscriber ignores a sequence that it has.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote, urlsplit

import psycopg

from chassis import broker
from chassis.broker import Outgoing
from chassis.data import connect, forget_notifications, wait_for_notification
from chassis.intervals import Interval, to_next
from chassis.messaging import WorkerLoop
from notifications.adapters.amqp import metrics
from notifications.adapters.amqp.management import Management, name_of
from notifications.adapters.amqp.provisioning import Wanted, reconcile
from notifications.config import Settings

log = logging.getLogger(__name__)

# Notified by triggers of migrations 0025 and 0029: of deliveries, and of what becomes of subscriptions and passwords.
CHANNELS = ("cqo_subscription_events", "cqo_subscriber_queues")
BATCH = 1000  # deliveries published before their confirms are waited for
LEAST = 10  # of one subscription in a batch, however many there are
POLL_EVERY = 10.0  # seconds; a notification comes first
RECONCILE_EVERY = 60.0  # seconds, in case somebody else changed the broker's queues or users
REPORT_EVERY = 10.0  # seconds
STAND_BY = 1.5  # seconds between two tries to become the leader
CONTENT_TYPE = "application/cloudevents+json"
LEADER = "SELECT pg_try_advisory_lock(hashtext('cqo.queues'))"
# A queue is there from the approval on, and stays while the subscription is paused; it is filled while that is live.
WANTED = (
    "SELECT subscription.id, password_hash FROM subscription LEFT JOIN subscriber_queue ON subscription_id = id "
    "WHERE way = 'amqp' AND state IN ('approved', 'live', 'paused', 'disabled')"
)
ENTER = (
    "INSERT INTO subscriber_queue (subscription_id) SELECT id FROM subscription WHERE id = ANY(%s) "
    "ON CONFLICT DO NOTHING"
)
NEXT = (
    "SELECT queue.subscription_id AS subscription, next.* FROM subscriber_queue AS queue "
    "JOIN subscription ON subscription.id = queue.subscription_id, "
    "LATERAL (SELECT sequence, event_id, type, body FROM subscription_event "
    "WHERE subscription_id = queue.subscription_id AND sequence > queue.published ORDER BY sequence LIMIT %s) AS next "
    "WHERE way = 'amqp' AND state = 'live' ORDER BY subscription, sequence"
)
MARK = (
    "UPDATE subscriber_queue SET published = batch.sequence FROM unnest(%s::text[], %s::bigint[]) "
    "AS batch (subscription, sequence) WHERE subscription_id = subscription"
)
BACKLOG = (
    "SELECT coalesce(sum(next_sequence - 1 - published), 0) AS number, "
    "coalesce(extract(epoch FROM now() - min(created_at)), 0) AS age "
    "FROM subscriber_queue AS queue JOIN subscription ON id = queue.subscription_id "
    "LEFT JOIN subscription_event AS next ON next.subscription_id = id AND sequence = published + 1 "
    "WHERE way = 'amqp' AND state = 'live'"
)

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape


class Next(NamedTuple):
    """A delivery to be published: a row of NEXT."""

    subscription: str
    sequence: int
    event_id: str
    type: str
    body: str


class QueueFiller(WorkerLoop):
    """Runs in a worker; any number of replicas may, one of them works. Without a broker for it, none does."""

    what = "filling the subscribers' queues"
    settings: Settings

    def setup(self) -> None:
        super().setup()
        self.publisher: broker.Publisher | None = None
        self.provisioned: Wanted | None = None  # what the broker has; None: not known
        self.reconciled_at = 0.0
        self.reporting = Interval(REPORT_EVERY)

    def work(self) -> None:
        """Fills as the leader until stopped; returns soon if another worker leads, or there is no broker for it."""
        url = self.settings.subscribers_amqp_url
        if not url or not self.settings.subscribers_management_url:
            self.stop_signal.wait(RECONCILE_EVERY)
            return
        with connect(self.settings.database_url, f"{self.settings.service}-queues") as database:
            (is_leader,) = database.execute(LEADER).fetchall()[0]
            if is_leader:
                self.fill_until_stopped(database, url)
                return
        self.stop_signal.wait(STAND_BY)

    def fill_until_stopped(self, database: Connection, url: str) -> None:
        """Fills batch after batch; raises when the broker, its HTTP API or the database is lost."""
        for channel in CHANNELS:
            database.execute(f"LISTEN {channel}")
        self.provisioned = None
        try:
            while not self.stop_signal.is_given:
                forget_notifications(database)
                self.provision(database, url)
                self.report(database)
                if not self.fill(database, url):
                    wait_for_notification(database, to_next(POLL_EVERY), self.stop_signal)
        finally:
            self.drop_publisher()

    def provision(self, database: Connection, url: str) -> None:
        """Makes the broker have what the subscriptions ask for, where they have changed or some time has passed."""
        wanted = {row.id: row.password_hash for row in database.execute(WANTED).fetchall()}
        if wanted == self.provisioned and time.monotonic() - self.reconciled_at < RECONCILE_EVERY:
            return
        database.execute(ENTER, (list(wanted),))
        management = Management(self.settings.subscribers_management_url or "", vhost_of(url))
        management.prepare(self.settings.subscribers_queue_messages, self.settings.subscribers_queue_bytes)
        changes = reconcile(management, wanted)
        if any(changes):
            log.info("subscribers' queues and users at the broker: %d made, %d removed", *changes)
        self.provisioned, self.reconciled_at = wanted, time.monotonic()

    def fill(self, database: Connection, url: str) -> int:
        """Publishes the next deliveries of each subscription, and marks what the broker holds; returns how many."""
        room = max(LEAST, BATCH // max(1, len(self.provisioned or ())))
        rows = [Next(*row) for row in database.execute(NEXT, (room,))] if self.provisioned else []
        if not rows:
            return 0
        if self.publisher is None:
            self.publisher = broker.Publisher(url, f"{self.settings.service} subscribers")
        failed = self.publisher.publish("", CONTENT_TYPE, [outgoing(row) for row in rows]).failed
        held = up_to_the_first_that_failed(rows, failed)
        database.execute(MARK, (list(held), list(held.values())))
        metrics.published.labels(self.settings.service).inc(len(rows) - len(failed))
        if failed:
            self.provisioned = None  # perhaps somebody removed a queue
            missing = ", ".join(sorted({name_of(rows[place].subscription) for place in failed}))
            raise ConnectionError(f"the broker did not take deliveries for {missing}")
        return len(rows)

    def report(self, database: Connection) -> None:
        """Counts what the queues do not hold yet, for the metrics."""
        if not self.reporting.is_over():
            return
        number, age = database.execute(BACKLOG).fetchall()[0]
        metrics.waiting.labels(self.settings.service).set(number)
        metrics.oldest.labels(self.settings.service).set(age)

    def drop_publisher(self) -> None:
        if self.publisher is not None:
            self.publisher.close()
            self.publisher = None


def outgoing(row: Next) -> Outgoing:
    """The message of a delivery: the same bytes as on the other ways."""
    return Outgoing(row.event_id, row.type, row.body.encode(), name_of(row.subscription))


def up_to_the_first_that_failed(rows: Sequence[Next], failed: frozenset[int]) -> dict[str, int]:
    """For each subscription, the last sequence before which the broker holds all; none where it holds not even one."""
    held: dict[str, int] = {}
    stopped = {rows[place].subscription for place in failed}
    reached: set[str] = set()
    for place, row in enumerate(rows):
        if place in failed:
            reached.add(row.subscription)
        elif row.subscription not in stopped or row.subscription not in reached:
            held[row.subscription] = row.sequence
    return held


def vhost_of(url: str) -> str:
    """The virtual host in the URL."""
    return unquote(urlsplit(url).path[1:]) or "/"
