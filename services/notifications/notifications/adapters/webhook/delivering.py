"""The delivery to one end point: takes some events, sends them over a few connections, settles them, and so on.

Events of one aggregate go one after the other; those of others beside them, over as many connections as the target
allows. After each transaction at most MOST_TAKEN events are in hand: what a crash leaves in doubt.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import defaultdict, deque
from datetime import datetime

import eventlet
from eventlet import GreenPile
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from chassis.backoff import back_off
from chassis.clock import Clock
from chassis.data import is_unavailable
from chassis.security import CannotOpen
from chassis.stopping import StopSignal
from notifications.adapters.webhook import metrics, signing
from notifications.adapters.webhook.client import CONTENT_TYPE, Answer, Client
from notifications.adapters.webhook.endpoints import EndPoints
from notifications.adapters.webhook.guard import ForbiddenTarget
from notifications.adapters.webhook.signing import Signer
from notifications.domain.webhook import Policy
from notifications.usecases.webhooks import disabling, exchange
from notifications.usecases.webhooks.disabling import Reason
from notifications.usecases.webhooks.exchange import Attempt, Item, NoLongerHeld, Taken
from notifications.usecases.webhooks.holding import Claim

log = logging.getLogger(__name__)

FIRST_TAKEN, MOST_TAKEN = 8, 100  # doubled as long as all that was asked for was there
# Seconds after which no more of what was taken is begun: a pause or an end takes effect at a slow end point too.
TURN = 2.0
MOST_FAILURES = 5  # of the database, before what was delivered is left unentered at the end
USER_AGENT = "cqo-webhooks/1"
HEADERS = {"content-type": CONTENT_TYPE, "user-agent": USER_AGENT}


class Delivery:
    """Delivers to the end point of `claim`, until nothing is left to do there."""

    def __init__(
        self,
        claim: Claim,
        engine: Engine,
        end_points: EndPoints,
        policy: Policy,
        clock: Clock,
        service_clock: Clock,
        stop: StopSignal,
        service: str,
    ) -> None:
        self.claim, self.subscription_id = claim, claim.subscription_id
        self.engine, self.end_points = engine, end_points
        self.policy, self.clock, self.service_clock = policy, clock, service_clock
        self.stop, self.service = stop, service
        self.room = FIRST_TAKEN
        self.sent_at = 0.0  # of the last, for the rate
        self.is_halted = False

    def run(self) -> None:
        """Goes on until there is nothing to do, the end point is spared, or the worker stops."""
        taken, attempts = self._exchange(None, [])
        while taken is not None:
            attempts = self._deliver(taken)
            is_full = len(taken.items) + len(taken.behind) >= self.room
            if is_full and len(attempts) == len(taken.items):
                self.room = min(2 * self.room, MOST_TAKEN)
            else:
                self.room = max(FIRST_TAKEN, min(len(attempts), MOST_TAKEN))
            if self.stop.is_given:
                self._exchange(taken, attempts, 0)
                return
            taken, attempts = self._exchange(taken, attempts)

    def _exchange(
        self, last: Taken | None, attempts: list[Attempt], room: int | None = None
    ) -> tuple[Taken | None, list[Attempt]]:
        """One transaction, tried until the database takes it: else what was delivered would be delivered again."""
        failures = 0
        while True:
            try:
                with Session(self.engine) as session, session.begin():
                    wanted = self.room if room is None else room
                    arguments = (self.claim, wanted, self.policy, self.clock.now(), last)
                    taken = exchange.exchange(session, *arguments, attempts)
                    if last is not None and last.end_point.is_gone:
                        disabling.disable(session, self.subscription_id, Reason.GONE, self.service_clock)
                    return taken, []
            except NoLongerHeld:
                with Session(self.engine) as session, session.begin():
                    exchange.log(session, self.subscription_id, attempts, self.clock.now())
                return None, []
            except Exception as fault:
                failures += 1
                cause = None if is_unavailable(fault) else fault
                log.warning(
                    "the deliveries to %s could not be entered: %s", self.subscription_id, fault, exc_info=cause
                )
                if failures > (MOST_FAILURES if self.stop.is_given else sys.maxsize):
                    raise
                eventlet.sleep(back_off(failures))

    def _deliver(self, taken: Taken) -> list[Attempt]:
        """Tries what was taken; no more of an aggregate after one that failed, and nothing once all is to be spared."""
        attempts: list[Attempt] = []
        try:
            target, client = self.end_points.client(self.subscription_id, taken.target, taken.certificate)
            signers = self.end_points.signers_of(taken.keys)
        except (ForbiddenTarget, CannotOpen, ValueError, OSError) as fault:
            return self._refused(taken, f"{type(fault).__name__}: {fault}")
        if not signers:
            return self._refused(taken, "there is no key to sign with; make one by POST /subscriptions/{id}/keys")
        by_key: dict[str, deque[Item]] = defaultdict(deque)
        for item in taken.items:
            by_key[item.ordering_key].append(item)
        left, over_at = deque(by_key.values()), time.monotonic() + TURN
        self.is_halted = False
        pause = 1 / target.per_second if target.per_second else 0.0

        def goes_on() -> bool:
            return not (self.is_halted or self.stop.is_given)

        def work() -> None:
            while left:
                events = left.popleft()
                while events and goes_on() and time.monotonic() < over_at:
                    self._keep_rate(pause)
                    if not goes_on():
                        break
                    attempt = self._attempt(client, signers, events.popleft())
                    attempts.append(attempt)
                    if not self._judge(taken, attempt):
                        break

        pile = GreenPile(target.connections)
        for _ in range(min(target.connections, len(by_key))):
            pile.spawn(work)
        list(pile)
        return attempts

    def _attempt(self, client: Client, signers: list[Signer], item: Item) -> Attempt:
        body, at = item.body.encode(), self.clock.now()
        # The receiver compares the timestamp with its own clock.
        headers = HEADERS | signing.headers(signers, item.event_id, int(time.time()), body)
        answer = client.post(body, headers)
        return _attempt_of(item, at, answer)

    def _judge(self, taken: Taken, attempt: Attempt) -> bool:
        """Takes over what an attempt says of the end point; True if it succeeded."""
        outcome = f"{attempt.status // 100}xx" if attempt.status else "unanswered"
        metrics.attempts.labels(self.service, outcome).inc()
        if attempt.is_success:
            taken.end_point.succeeded()
            return True
        taken.end_point.failed(attempt.status, attempt.retry_after, self.policy, self.clock.now())
        self.is_halted = self.is_halted or taken.end_point.is_paused(self.clock.now())
        return False

    def _refused(self, taken: Taken, fault: str) -> list[Attempt]:
        """Nothing can be sent there at all: one event says why, and the breaker opens at once."""
        taken.end_point.failures = max(taken.end_point.failures, self.policy.open_after - 1)
        attempt = Attempt(taken.items[0], self.clock.now(), None, "", 0.0, fault[:500]) if taken.items else None
        if attempt is None:
            return []
        self._judge(taken, attempt)
        return [attempt]

    def _keep_rate(self, pause: float) -> None:
        """Waits until `pause` seconds after the last one."""
        if pause:
            self.sent_at = max(time.monotonic(), self.sent_at + pause)
            if (wait := self.sent_at - time.monotonic()) > 0:
                self.stop.wait(wait)


def _attempt_of(item: Item, at: datetime, answer: Answer) -> Attempt:
    return Attempt(item, at, answer.status, answer.body, answer.seconds, answer.fault, answer.retry_after)
