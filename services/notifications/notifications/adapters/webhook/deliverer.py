"""The deliverer of a worker: finds the end points that have something to get, and runs a delivery for each of them.

It holds its number by a database session of its own, on which it also hears that there is something to do. End points
are shared with the other workers' deliverers: each is in the hands of one.
"""

from __future__ import annotations

import logging
import secrets
import time
from datetime import datetime, timedelta
from typing import Any

from eventlet import GreenPool
from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import engine_for, is_unavailable, wait_for_notification
from chassis.intervals import Interval, to_next
from chassis.security import CannotOpen
from chassis.stopping import StopSignal
from notifications.adapters.numbered_session import NumberTaken, connect_holding, turn_until_stopped
from notifications.adapters.webhook import guard, metrics, signing
from notifications.adapters.webhook.delivering import HEADERS, Delivery
from notifications.adapters.webhook.endpoints import EndPoints
from notifications.adapters.webhook.guard import ForbiddenTarget, Resolver
from notifications.config import Settings
from notifications.domain.webhook import Policy
from notifications.queries.webhooks import backlog
from notifications.usecases.webhooks import disabling, errands, holding
from notifications.usecases.webhooks.disabling import Reason
from notifications.usecases.webhooks.errands import Errand, Said
from notifications.usecases.webhooks.holding import Claim

log = logging.getLogger(__name__)

POLL = 10.0  # seconds between two looks, unless something is due before; a notification comes first
MAINTENANCE_EVERY = 10.0  # seconds
ORPHAN_GRACE = 3.0  # seconds after its start before it takes others for dead, as senders of letters do


class Deliverer:
    """Delivers until `stop` is given; whatever fails, it goes on."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        stop: StopSignal,
        service_clock: Clock | None = None,
        resolver: Resolver = guard.system_resolver,
    ) -> None:
        """`clock` is what waits go by, `service_clock` what the subscriptions' own days go by, where it differs."""
        self.settings, self.clock, self.stop = settings, clock, stop
        self.service_clock = service_clock or clock
        self.service: str = settings.service
        self.policy = Policy(
            settings.webhook_schedule,
            settings.webhook_open_after,
            settings.webhook_probe_seconds,
            settings.webhook_disable_days * 86_400,
        )
        self.end_points = EndPoints(settings, resolver)
        self.pool = GreenPool(settings.webhook_end_points)
        self.errands = GreenPool(errands.MOST_AT_ONCE)
        self.engine: Engine = engine_for(settings.database_url, f"{settings.service}-webhooks")
        self.number = 0
        self.session_stop = StopSignal()  # given when the session that holds the number is lost, or at the end
        self.database: DatabaseConnection | None = None
        self.maintenance = Interval(MAINTENANCE_EVERY)

    def run(self) -> None:
        turn_until_stopped(self.turn, self.wait, self._report, self.stop)
        self.end()

    def turn(self) -> bool:
        """Starts a delivery to each end point that has something to get; False if there was none."""
        if self.database is None:
            self.database = self._connect()
        self._maintain(self.database)
        now = self.clock.now()
        with Session(self.database) as session, session.begin():
            claimed = holding.claim(session, self.number, self.pool.free(), now) if self.pool.free() else []
            asked = errands.take(session, now) if self.errands.free() else []
        for each in claimed:
            self.pool.spawn(self._deliver, each)
        for errand in asked:
            self.errands.spawn(self._do, errand)
        return bool(claimed or asked)

    def wait(self) -> None:
        """Waits until there may be something to do: until it is told, or an end point's time comes, or for POLL."""
        if self.database is None:
            return
        with Session(self.database) as session, session.begin():
            due = holding.next_due(session, self.clock.now())
        seconds = to_next(POLL)
        if due is not None:
            seconds = min(seconds, max(0.0, (due - self.clock.now()).total_seconds()))
        driver: Any = self.database.connection.dbapi_connection  # Any: SQLAlchemy does not say which driver's it is
        wait_for_notification(driver, seconds, self.stop)

    def end(self) -> None:
        """Lets what is under way end, and lets go of everything."""
        self.session_stop.give()
        self.pool.waitall()
        self.errands.waitall()
        self.end_points.close()
        self._drop_database()

    def _connect(self) -> DatabaseConnection:
        """A session of its own, which holds this deliverer's number as long as it lives."""
        # A new number for each session: what the lost one held is orphaned, and taken over when it is seen.
        self.number = secrets.randbelow(2**31 - 1) + 1
        engine = engine_for(self.settings.database_url, f"{self.service}-deliverer")
        channels = (holding.WAKE_UP_CHANNEL, holding.EVENTS_CHANNEL)
        connection = connect_holding(engine, holding.DELIVERERS, self.number, channels)
        self.maintenance.begin_with(ORPHAN_GRACE)
        return connection

    def _deliver(self, claim: Claim) -> None:
        clocks = (self.clock, self.service_clock)
        arguments = (self.engine, self.end_points, self.policy, *clocks, self.session_stop, self.service)
        try:
            Delivery(claim, *arguments).run()
        except Exception:
            # A mistake of ours; the end point would stay in these hands as long as the process lives.
            log.exception("the delivery to %s broke off", claim.subscription_id)
            self.stop.wait(POLL)
            with Session(self.engine) as session, session.begin():
                holding.release(session, claim)

    def _do(self, errand: Errand) -> None:
        """A handshake or a test event."""
        body, challenge = errands.message(errand, self.clock.now())
        said = self._say(errand, body)
        try:
            with Session(self.engine) as session, session.begin():
                errands.settle(session, errand, challenge, said, self.service_clock)
        except Exception as fault:
            # Another attempt comes by itself: the errand is not done.
            log.warning("the %s of %s could not be entered: %s", errand.kind, errand.subscription_id, fault)

    def _say(self, errand: Errand, body: bytes) -> Said:
        try:
            _, client = self.end_points.client(errand.subscription_id, errand.target, errand.certificate)
            signers = self.end_points.signers_of(errand.keys)
        except (ForbiddenTarget, CannotOpen, ValueError, OSError) as fault:
            return Said(None, "", 0.0, f"{type(fault).__name__}: {fault}")
        answer = client.post(body, HEADERS | signing.headers(signers, errand.id, int(time.time()), body))
        return Said(answer.status, answer.body, answer.seconds, answer.fault)

    def _maintain(self, database: DatabaseConnection) -> None:
        if not self.maintenance.is_over():
            return
        now = self.clock.now()
        with Session(database) as session, session.begin():
            orphans, in_doubt = holding.release_orphans(session)
            before = now - timedelta(seconds=self.policy.disable_after)
            for subscription_id in holding.failed_too_long(session, before):
                disabling.disable(session, subscription_id, Reason.FAILED, self.service_clock)
            found = backlog(session)
        if orphans:
            metrics.repeated.labels(self.service).inc(in_doubt)
            log.warning("%d end points of deliverers that died: %d events may arrive twice", orphans, in_doubt)
        for state, number in found.waiting.items():
            metrics.waiting.labels(self.service, state).set(number)
        metrics.spared.labels(self.service).set(found.spared)
        metrics.oldest.labels(self.service).set(_age(found.oldest, now))
        self.end_points.close_idle()

    def _report(self, fault: Exception) -> None:
        expected = isinstance(fault, NumberTaken) or is_unavailable(fault)
        log.warning("webhooks wait: %s", fault, exc_info=None if expected else fault)
        self._drop_database()

    def _drop_database(self) -> None:
        database, self.database = self.database, None
        # Another may take over what this session held: what is under way ends before a new one takes anything.
        self.session_stop.give()
        self.pool.waitall()
        self.session_stop = StopSignal()
        if database is not None:
            database.close()


def _age(oldest: datetime | None, now: datetime) -> float:
    return 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())
