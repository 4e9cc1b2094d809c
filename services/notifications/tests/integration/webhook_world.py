"""Subscriptions by webhook with their events, and a deliverer that is driven turn by turn."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from chassis.ids import new_id
from chassis.security import Cipher
from chassis.stopping import StopSignal
from notifications import config
from notifications.adapters.webhook import signing
from notifications.adapters.webhook.deliverer import Deliverer
from notifications.domain.subscription import State, Subscription, Way
from notifications.domain.webhook import Scheme
from notifications.storage import subscription, webhook_endpoint, webhook_key, webhook_waiting

KEY = base64.b64encode(bytes(range(32))).decode()
NETWORKS = ["127.0.0.0/8"]


@dataclass
class MovedClock:
    """A clock that stands until it is moved."""

    at: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 1, 0, tzinfo=UTC))

    def now(self):
        return self.at

    def today(self):
        return self.at.date()

    def move(self, **by):
        self.at += timedelta(**by)


class Webhooks:
    """The database of the service as these tests use it."""

    def __init__(self, database):
        self.url, self.engine = database.url, database.engine
        self.clock = MovedClock()
        self.cipher = Cipher(KEY, KEY)
        self.deliverers = []

    def subscribe(self, url, state=State.LIVE, scheme=Scheme.HMAC_SHA256, **target):
        """A subscription whose end point is at `url`; its id and its key."""
        subscription_id, key, key_id = new_id(), signing.new_key(scheme), new_id()
        now = self.clock.now()
        made = Subscription(
            id=subscription_id,
            name="示例订阅",
            subscriber="tax",
            contact_email=self.cipher.seal("ops@tax.example", f"email:{subscription_id}"),
            legal_basis="示例依据",
            purpose="示例用途",
            ends_on=date(2030, 1, 1),
            types=["certificate.issued.v1"],
            division=None,
            fields={},
            way=Way.WEBHOOK,
            target={"url": url, "networks": NETWORKS, **target},
            pseudonym_key="",
            entered_by="province",
            entered_at=now,
            state=state,
        )
        with Session(self.engine) as session, session.begin():
            session.add(made)
            session.execute(webhook_endpoint.insert().values(subscription_id=subscription_id))
            sealed = self.cipher.seal(key, f"webhook:{key_id}")
            session.execute(
                webhook_key.insert().values(
                    id=key_id, subscription_id=subscription_id, scheme=scheme, key=sealed, made_at=now
                )
            )
        return SimpleNamespace(id=subscription_id, key=key, key_id=key_id)

    def announce(self, subscription_id, *aggregates):
        """An event of each aggregate in turn, as the fan-out writes them; their ids."""
        ids = [new_id() for _ in aggregates]
        with self.engine.begin() as connection:
            (first,) = connection.execute(
                text("SELECT next_sequence FROM subscription WHERE id = :id FOR UPDATE"), {"id": subscription_id}
            ).one()
            rows = [
                {
                    "subscription_id": subscription_id,
                    "sequence": first + place,
                    "previous_sequence": first + place - 1,
                    "event_id": event_id,
                    "source": "/training",
                    "type": "certificate.issued.v1",
                    "subject": aggregate,
                    "partitionkey": f"certificate:{aggregate}",
                    "body": json.dumps(
                        {
                            "specversion": "1.0",
                            "source": "/training",
                            "type": "certificate.issued.v1",
                            "id": event_id,
                            "sequence": first + place,
                            "subject": aggregate,
                        }
                    ),
                    "occurred_at": self.clock.now().isoformat(),
                    "left": False,
                    "created_at": self.clock.now().isoformat(),
                }
                for place, (event_id, aggregate) in enumerate(zip(ids, aggregates, strict=True))
            ]
            connection.execute(
                text(
                    "INSERT INTO subscription_event SELECT * FROM "
                    "json_populate_recordset(NULL::subscription_event, :rows)"
                ),
                {"rows": json.dumps(rows)},
            )
            connection.execute(
                text("UPDATE subscription SET next_sequence = :next WHERE id = :id"),
                {"next": first + len(rows), "id": subscription_id},
            )
        return ids

    def deliverer(self, resolver=None, **settings):
        """A deliverer in the place of a worker's."""
        defaults = {
            name: getattr(config.Settings, name) for name in dir(config.Settings) if name.startswith("webhook_")
        }
        chosen = SimpleNamespace(
            service="notifications", database_url=self.url, pii_key=KEY, pii_index_key=KEY, **(defaults | settings)
        )
        options = {} if resolver is None else {"resolver": resolver}
        self.deliverers.append(Deliverer(chosen, self.clock, StopSignal(), **options))
        return self.deliverers[-1]

    def end(self):
        for each in self.deliverers:
            each.end()

    def state(self, subscription_id):
        with Session(self.engine) as session:
            return session.scalar(select(subscription.c.state).where(subscription.c.id == subscription_id))

    def reason(self, subscription_id):
        with Session(self.engine) as session:
            return session.scalar(select(subscription.c.reason).where(subscription.c.id == subscription_id))

    def end_point(self, subscription_id):
        with Session(self.engine) as session:
            row = webhook_endpoint.c.subscription_id == subscription_id
            return session.execute(select(webhook_endpoint).where(row)).one()

    def waiting(self, subscription_id):
        """(sequence, state, attempts) of each event that waits."""
        with Session(self.engine) as session:
            columns = (webhook_waiting.c.sequence, webhook_waiting.c.state, webhook_waiting.c.attempts)
            mine = select(*columns).where(webhook_waiting.c.subscription_id == subscription_id)
            return [tuple(row) for row in session.execute(mine.order_by(webhook_waiting.c.sequence))]

    def logged(self, subscription_id):
        """Each attempt in the log, the oldest first."""
        with self.engine.connect() as connection:
            found = connection.execute(
                text(
                    "SELECT a FROM webhook_log, jsonb_array_elements(attempts) a "
                    "WHERE subscription_id = :id ORDER BY webhook_log.id"
                ),
                {"id": subscription_id},
            )
            return [row.a for row in found]


def work(deliverer, turns=60):
    """Turns until nothing is due."""
    for _ in range(turns):
        if not deliverer.turn():
            return
        deliverer.pool.waitall()
        deliverer.errands.waitall()
    raise AssertionError(f"still busy after {turns} turns")


def sequences(receiver):
    """What an end point was sent, in the order of its coming."""
    return [json.loads(got.body)["sequence"] for got in receiver.got]


def inversions(receiver, accepted=lambda got: True):
    """How often an event of an aggregate came after a later one of it, repetitions aside."""
    last, seen, found = {}, set(), 0
    for got in receiver.got:
        event = json.loads(got.body)
        if event["id"] in seen or not accepted(got):
            continue
        seen.add(event["id"])
        found += event["sequence"] < last.get(event["subject"], 0)
        last[event["subject"]] = event["sequence"]
    return found
