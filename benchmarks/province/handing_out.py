"""What subscriptions were given: the events, handed out by the service's own grants, and the attempts by webhook."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

import psycopg
from psycopg.rows import dict_row

from chassis.clock import day_of
from notifications.domain.granting import Grant, PublicEvent, Told
from notifications.usecases.fan_out import row_of
from province import days
from province.books import Row, as_json, id_of
from province.databases import Copier, copy_rows

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape

SINCE = days.NOW - timedelta(days=30)  # the default of CQO_SUBSCRIPTION_DAYS: from then on what was given is kept
LOGGED_SINCE = days.NOW - timedelta(days=7)  # the default of CQO_WEBHOOK_LOG_DAYS
RUN, WRITTEN_AT_ONCE, MILLISECONDS = 100, 20_000, 12.5  # attempts in a row of the log; rows; of an attempt
EVENTS = """
SELECT id::text, type, aggregate_id, occurred_at, aggregate_version, division, data, published_at FROM outbox
WHERE published_at >= %s AND published_at <= %s AND type LIKE ANY (%s) ORDER BY published_at, feed_position
"""


class Published(NamedTuple):
    """An event, and when it was published."""

    at: datetime
    event: PublicEvent


@dataclass
class Subscriber:
    """A subscription, and how far it has come."""

    row: Row
    grant: Grant
    last: int = 0
    attempts: list[Row] = field(default_factory=list)  # of the run that is not in the log yet
    by_day: Counter[Any] = field(default_factory=Counter)  # attempts

    @property
    def is_webhook(self) -> bool:
        return self.row["way"] == "webhook"

    @property
    def is_given(self) -> bool:
        """Whether events are kept for it."""
        return self.row["kept_since"] is not None and self.row["ended_at"] is None


def hand_out(copier: Copier, some: list[Subscriber]) -> int:
    """What was published since they were approved, handed to each; returns how many rows that made."""
    connection, places = copier.connections["notifications"], dict[str, str | None]()
    waiting: dict[str, list[Row]] = {"subscription_event": [], "webhook_log": []}
    written = 0
    for at, event in heapq.merge(*(_published(copier, each, some) for each in ("registry", "training"))):
        for each in some:
            told = each.grant.told(event, places)
            if told is not None:
                each.last += 1
                waiting["subscription_event"].append(row_of(str(each.row["id"]), each.last, told, at))
                waiting["webhook_log"] += _attempt(each, told, at)
        places[event.aggregate] = event.division
        if len(waiting["subscription_event"]) >= WRITTEN_AT_ONCE:
            written += _write(connection, waiting)
    for each in some:
        waiting["webhook_log"] += _logged(each, days.NOW)
    return written + _write(connection, waiting)


def _published(copier: Copier, service: str, some: list[Subscriber]) -> Iterator[Published]:
    kinds = sorted({f"{kind}.%" for each in some for kind in each.grant.kinds})
    connection = copier.connections[service]
    with connection.transaction(), connection.cursor("published", row_factory=dict_row) as cursor:
        cursor.itersize = WRITTEN_AT_ONCE
        for row in cursor.execute(EVENTS, (SINCE, days.NOW, kinds)):
            at = row.pop("published_at")
            yield Published(at, PublicEvent(row["id"], f"/{service}", row["type"], *list(row.values())[2:]))


def _attempt(to: Subscriber, told: Told, at: datetime) -> list[Row]:
    """Notes that an event was delivered by webhook; the row of the log, where a run is full."""
    if not to.is_webhook or to.row["state"] != "live":
        return []
    to.by_day[day_of(at)] += 1
    if at < LOGGED_SINCE:
        return []
    said = {"sequence": to.last, "number": 1, "at": at.isoformat(), "milliseconds": MILLISECONDS, "status": 204}
    to.attempts.append(said)
    return _logged(to, at) if len(to.attempts) == RUN else []


def _logged(to: Subscriber, at: datetime) -> list[Row]:
    run, to.attempts = to.attempts, []
    if not run:
        return []
    row: Row = {
        "id": id_of(days.as_text(at), f"log {to.row['id']} {run[0]['sequence']}"),
        "subscription_id": to.row["id"],
        "written_at": at,
        "first_sequence": run[0]["sequence"],
        "last_sequence": run[-1]["sequence"],
        "attempts": as_json(run),
    }
    return [row]


def _write(connection: Connection, waiting: dict[str, list[Row]]) -> int:
    number = sum(map(len, waiting.values()))
    for table, rows in waiting.items():
        copy_rows(connection, table, rows)
        rows.clear()
    return number
