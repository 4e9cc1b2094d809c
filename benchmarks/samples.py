"""What requests to the four services are made of: ids, names and days that occur in the history."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeAlias

import psycopg
from province import days
from province.books import SERVICES
from province.tree import Tree
from running import Databases

Query: TypeAlias = dict[str, object]
Ask: TypeAlias = "Callable[[Samples], tuple[str, Query]]"
ADVERBS = ("华丰", "吉源", "北达", "新兴", "东创", "恒邦", "安康", "天润", "永和", "金鑫")


@dataclass(frozen=True)
class Case:
    """A request of a kind: to which service, by whom, and the path and query of one such request."""

    service: str
    name: str
    ask: Ask
    role: str = "province"
    claims: Callable[[Samples], dict[str, str]] = field(default=lambda samples: {})
    body: Callable[[Samples], Query] | None = None  # of a question that is too long for a query; then it is a POST


class Samples:
    """Ids, codes, names and days that occur in the history, drawn by a fixed seed."""

    def __init__(self, province: Databases, seed: int = 1) -> None:
        self.rng = random.Random(seed)
        self.counties = [each.code for each in Tree().counties if each.valid_to is None]
        self.ids: dict[str, list[tuple[Any, ...]]] = {}  # Any: texts
        self.feed_ends: dict[str, int] = {}
        for service in SERVICES:
            with psycopg.connect(province.url(service)) as connection:
                found = connection.execute("SELECT max(feed_position) FROM outbox").fetchone()
                self.feed_ends[service] = int(found[0]) if found else 1
        for service, what, query in SAMPLES:
            with psycopg.connect(province.url(service)) as connection:
                self.ids[what] = connection.execute(query).fetchall()

    def one(self, what: str, column: int = 0) -> str:
        """One id of a kind."""
        return str(self.rng.choice(self.ids[what])[column])

    def county(self) -> str:
        return self.rng.choice(self.counties)

    def prefecture(self) -> str:
        return self.rng.choice(("220100", "220200", "220300", "220500", "222400"))

    def past(self) -> str:
        """A day of the history."""
        return str(days.FIRST + timedelta(days=self.rng.randrange(900, (days.LAST - days.FIRST).days)))

    def past_instant(self) -> str:
        return f"{self.past()}T00:00:00Z"

    def words(self) -> str:
        return self.rng.choice(ADVERBS)


OF_SUBSCRIBER = "JOIN subscription ON subscription.id = subscription_id"
WEBHOOKS = f"SELECT subscription_id, subscriber FROM webhook_endpoint {OF_SUBSCRIBER}"
SAMPLES = (
    ("registry", "enterprise", "SELECT id, uscc FROM enterprise ORDER BY md5(id) LIMIT 200"),
    ("registry", "person", "SELECT id, name FROM person ORDER BY md5(id) LIMIT 200"),
    ("registry", "appointment", "SELECT id, post_id, person_id, enterprise_id FROM appointment LIMIT 200"),
    ("training", "certificate", "SELECT id, number, name, person_id FROM certificate ORDER BY md5(id) LIMIT 200"),
    ("training", "class", "SELECT id FROM training_class ORDER BY md5(id) LIMIT 200"),
    ("training", "enrolment", "SELECT id FROM enrolment ORDER BY md5(id) LIMIT 200"),
    ("notifications", "notice", "SELECT id, cause_id, recipient_id FROM notice ORDER BY id DESC LIMIT 200"),
    ("notifications", "audit", "SELECT id FROM coverage_run ORDER BY id DESC LIMIT 100"),
    ("notifications", "long audit", "SELECT id FROM coverage_run WHERE NOT nightly"),
    ("notifications", "ruleset", "SELECT parameters FROM ruleset ORDER BY version DESC LIMIT 1"),
    ("notifications", "subscription", "SELECT id, subscriber, next_sequence FROM subscription WHERE state = 'live'"),
    ("notifications", "end point", WEBHOOKS),
    ("notifications", "waiting", "SELECT subscription_id, sequence, subscriber FROM webhook_waiting " + OF_SUBSCRIBER),
    ("notifications", "key", "SELECT subscription_id, id FROM webhook_key"),
    ("notifications", "errand", "SELECT subscription_id, id FROM webhook_errand"),
)
