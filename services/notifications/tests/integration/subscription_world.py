"""What the tests of subscriptions share: a subscription, the inbox that hears, and what the subscriber was given."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox.applying import Applier, handlers_of
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.domain.subscription import Subscription
from notifications.storage import subscription_event
from notifications.usecases import fan_out, subscriptions
from notifications.usecases.subscriptions import EnterSubscription, SubscriptionChanges
from notifications.worker import Worker
from programme.callers import Caller, Role

OFFICE = Caller("clerk", Role.PROVINCE)
BUREAU = Caller("bureau-client", Role.SYSTEM, subscriber="tax-bureau")
CERTIFICATES = {
    "certificate.issued.v1": ["certificate_id", "number", "person_id", "valid_until"],
    "certificate.revoked.v1": ["certificate_id", "on"],
}


class Giving:
    """The inbox with the worker's own handlers and listener, and the fan-out behind it."""

    def __init__(self, session: Session, clock: Clock, personal_data: PersonalDataCipher) -> None:
        self.session, self.clock, self.personal_data = session, clock, personal_data
        worker = Worker()
        worker.clock, worker.personal_data = clock, personal_data
        self.applier = Applier(handlers_of(worker), listener=worker.listener)

    def hear(self, *events: Envelope) -> None:
        """The inbox applies a batch."""
        self.applier.apply(self.session, events)

    def hand_out(self) -> int:
        """All that waits."""
        done = 0
        while number := fan_out.hand_out(self.session, self.personal_data, self.clock):
            done += number
        return done

    def tell(self, *events: Envelope) -> None:
        """Both."""
        self.hear(*events)
        self.hand_out()

    def draft(self, by: Caller = BUREAU, **given: Any) -> Subscription:
        command = {
            "name": "证书状态",
            "contact_email": "ops@tax.example",
            "legal_basis": "示例数据共享办法第三条",
            "purpose": "核验任职资格",
            "events": CERTIFICATES,
            "ends_on": date(2027, 3, 1),
            **given,
        }
        return subscriptions.enter(self.session, by, EnterSubscription(**command), self.personal_data, self.clock)

    def live(self, by: Caller = BUREAU, **given: Any) -> Subscription:
        """A subscription that was entered, submitted and approved."""
        found = self.draft(by, **given)
        subscriptions.submit(self.session, by, found.id, self.clock)
        return subscriptions.approve(self.session, OFFICE, found.id, found.version, self.clock)

    def change(self, found: Subscription, by: Caller = BUREAU, **changes: Any) -> Subscription:
        command = SubscriptionChanges(**changes)
        return subscriptions.change(self.session, by, found.id, found.version, command, self.personal_data, self.clock)

    def given(self, found: Subscription) -> list[dict[str, Any]]:
        """The CloudEvents that the subscriber was given, in order."""
        wanted = select(subscription_event.c.body).where(subscription_event.c.subscription_id == found.id)
        return [json.loads(body) for body in self.session.scalars(wanted.order_by(subscription_event.c.sequence))]


def types(events: Iterable[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]
