"""The loop that hands what was published to the subscriptions. Every worker runs one; they take turns by a lock."""

from __future__ import annotations

import functools

from prometheus_client import Gauge
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.data import connect, forget_notifications, read, wait_for_notification
from chassis.intervals import Interval, Rest
from chassis.messaging import WorkerLoop
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.config import Settings
from notifications.storage import public_event
from notifications.usecases import fan_out

CHANNEL = "cqo_public_events"  # notified when something is to be handed out
POLL_EVERY = 2.0  # seconds; this service's own events, which nothing notifies of, wait so long
POLL_IDLE_EVERY = 10.0  # the same when there has been nothing for a while
REPORT_EVERY = 10.0  # seconds
FIRST = select(public_event.c.received_at).order_by(public_event.c.position).limit(1)
OLDEST = select(func.extract("epoch", func.now() - FIRST.scalar_subquery()))

oldest_waiting = Gauge(
    "cqo_subscriptions_oldest_waiting_seconds", "Age of the oldest event to be handed to subscriptions.", ["service"]
)


class FanOut(WorkerLoop):
    """Hands out batch after batch, and sleeps until there is more."""

    what = "handing events to the subscriptions"
    settings: Settings

    def setup(self) -> None:
        super().setup()
        self.rest = Rest(POLL_EVERY, POLL_IDLE_EVERY)
        self.reporting = Interval(REPORT_EVERY)

    @functools.cached_property
    def personal_data(self) -> PersonalDataCipher:
        return PersonalDataCipher.from_settings(self.settings)

    def work(self) -> None:
        """Goes on until stopped; raises when the database is lost."""
        with connect(self.settings.database_url, f"{self.settings.service}-fan-out") as database:
            database.execute(f"LISTEN {CHANNEL}")
            while not self.stop_signal.is_given:
                forget_notifications(database)
                done = self.turn()
                if done:
                    self.rest.note_work()
                if done < fan_out.BATCH:
                    wait_for_notification(database, self.rest.left(), self.stop_signal)

    def turn(self) -> int:
        """One batch; how many events it had."""
        with read(self.engine) as connection:
            is_any = fan_out.may_be_any(connection)
        done = 0
        if is_any:
            with Session(self.engine) as session, session.begin():
                done = fan_out.hand_out(session, self.personal_data, self.clock)
        self.report()
        return done

    def report(self) -> None:
        """Says for how long the oldest event has waited, for the metrics."""
        if not self.reporting.is_over():
            return
        with read(self.engine) as connection:
            oldest_waiting.labels(self.settings.service).set(connection.scalar(OLDEST) or 0)
