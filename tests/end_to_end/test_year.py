"""A year in miniature: what is kept is bounded, and no process grows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from chassis import broker
from chassis.ids import new_id
from chassis.messaging.envelope import Envelope
from servers.process import free_port
from testkit import Client, RunningService, empty_queues, publish, wait_for
from testkit.divisions import NANGUAN, placed_events

STEPS, STEP_DAYS = 28, 13  # a year; at each step certificates are issued, and four deliveries are told of each
CERTIFICATES = 24
KEPT_DAYS = 30  # days for which notices are kept here; 400 in production
QUARTER = 7  # steps
DAYS_OF_SUMS = STEPS + 13 + 2  # with the months and the years
QUEUES = ("notifications.inbox", "reporting.inbox", "notifications.dead", "reporting.dead")
HOLDER, FIRM = new_id(), new_id()


class Province:
    """notifications and reporting, with a clock that the test moves."""

    def __init__(
        self,
        running: Callable[..., RunningService],
        amqp_url: str,
        token: Callable[..., str],
        clock: Path,
        mail_port: int,
    ) -> None:
        self.amqp_url, self.clock_file, self.offset = amqp_url, clock, 0.0
        self.move(0)
        settings = {"clock_offset_file": clock, "log_level": "WARNING"}
        self.notifications = running(
            "notifications", smtp_url=f"smtp://127.0.0.1:{mail_port}", notice_days=KEPT_DAYS, **settings
        )
        self.reporting = running("reporting", url_notifications=self.notifications.url, **settings)
        self.token = token("ops")
        self.told = 0

    def move(self, days: float) -> None:
        self.offset += days * 86400
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_text(str(self.offset))
        fresh.rename(self.clock_file)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    def event(self, kind: str, subject: str, data: dict[str, Any]) -> Envelope:
        source = "/registry" if kind.startswith(("enterprise", "person")) else "/training"
        return Envelope(new_id(), source, kind, subject, self.now, 1, data, NANGUAN)

    def begin(self) -> None:
        person = {"person_id": HOLDER, "name": "李明", "division": NANGUAN, "enterprise_id": FIRM}
        firm = {"enterprise_id": FIRM, "name": "示例机械有限公司", "division": NANGUAN, "industry": "C34"}
        flags = dict.fromkeys(("above_threshold", "award_contender", "brand_contender"), False)
        entered = self.event("enterprise.registered.v1", FIRM, firm | flags | {"on": str(self.now.date())})
        publish(self.amqp_url, *placed_events(), entered, self.event("person.registered.v1", HOLDER, person))
        wait_for(lambda: self.applied(self.notifications, "person.registered.v1") == 1, 30)

    def live(self) -> None:
        """Certificates are issued, and all is told; then some days pass."""
        today = self.now.date()
        publish(self.amqp_url, *(self.certificate(number, today) for number in range(CERTIFICATES)))
        self.told += CERTIFICATES
        for kind in ("notice.sent.v1", "notice.failed.v1"):  # nobody has an e-mail address
            wait_for(lambda kind=kind: self.applied(self.reporting, kind) == 2 * self.told, 30)
        self.move(STEP_DAYS)

    def certificate(self, number: int, today: date) -> Envelope:
        subject = new_id()
        data = {"certificate_id": subject, "number": f"CQO-JL-2026-0101-{number:05d}7", "person_id": HOLDER}
        data |= {"name": "李明", "enterprise_id": None, "ruleset": 1}
        days = {"issued_on": today, "valid_from": today, "valid_until": today + timedelta(days=1095)}
        return self.event("certificate.issued.v1", subject, data | {name: str(day) for name, day in days.items()})

    def applied(self, service: RunningService, kind: str) -> int:
        found = Client(service.url, self.token).get("/ops/state")["inbox"]["by_type"]
        return int(found.get(kind, {}).get("applied", 0))

    def ask(self, service: RunningService, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(service.settings["database_url"].replace("+psycopg", ""), autocommit=True) as database:
            return database.execute(query).fetchall()

    def tidy(self) -> None:
        """Waits until the upkeep has done all that was due by now, and the readers have compared."""
        wait_for(lambda: self.is_tidy(self.notifications), 60)  # the comparison tells a reader what has passed by now
        Client(self.reporting.url, self.token).post("/ops/agreement")
        wait_for(self.has_compared, 60)
        self.move(1)  # what a reader has learned of by now it forgets the next day
        for service in (self.notifications, self.reporting):
            wait_for(lambda service=service: self.is_tidy(service), 60)

    def has_compared(self) -> bool:
        query = "SELECT count(*) FROM agreement WHERE publisher = 'notifications' AND ended_at > wanted_at"
        return bool(self.ask(self.reporting, query)[0][0])

    def is_tidy(self, service: RunningService) -> bool:
        ended = self.ask(service, "SELECT min(ended_at) FROM upkeep")[0][0]
        return ended is not None and ended > self.now - timedelta(hours=1)

    def sizes(self) -> dict[str, int]:
        """Rows by table, messages by queue."""
        found: dict[str, int] = {}
        for service in (self.notifications, self.reporting):
            tables = self.ask(
                service,
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
                "AND relnamespace = 'public'::regnamespace ORDER BY 1",
            )
            for (table,) in tables:
                found[f"{service.service}.{table}"] = self.ask(service, f'SELECT count(*) FROM "{table}"')[0][0]
        connection = broker.connect(self.amqp_url, "test")
        try:
            for queue in QUEUES:
                found[f"queue {queue}"] = connection.channel().queue_declare(queue, passive=True).message_count
        finally:
            broker.close(connection)
        return found

    def memory(self) -> dict[str, float]:
        """Resident memory by process, in MB."""
        return {
            f"memory {each.service}": psutil.Process(each.pid).memory_info().rss / 2**20
            for each in (self.notifications, self.reporting)
        }


def bound(name: str, quarters: list[dict[str, float]], certificates: int) -> float:
    """What docs/operations.md says of a table, a queue or a process, in the measures of this test."""
    objects = certificates + len(placed_events()) + 2

    def events(days: int, number: int) -> float:
        """So many for each certificate, kept for so many days; the upkeep looks when a step has passed."""
        return (days + 2 * STEP_DAYS) / STEP_DAYS * CERTIFICATES * number

    bounds = {
        "notifications.cause": events(KEPT_DAYS, 1),
        "notifications.notice": events(KEPT_DAYS, 2),
        "notifications.delivery": events(KEPT_DAYS, 4),
        "notifications.outbox": events(KEPT_DAYS + 62 + 31, 4),
        "notifications.due": 5 * certificates,  # the days on which somebody is reminded of the end
        "notifications.certificate": certificates,  # facts
        "notifications.coverage_gap": events(KEPT_DAYS, 2),  # letters to those who have no address
        "notifications.outbox_head": events(KEPT_DAYS, 4),
        "notifications.inbox_cursor": objects,
        "reporting.inbox_cursor": objects + events(KEPT_DAYS + 32, 4),
        "reporting.delivery": events(KEPT_DAYS + 32, 4),
        # By day, month and year, however many there were: deliveries by two channels, and certificates.
        "reporting.delivery_sum": 2 * DAYS_OF_SUMS,
        "reporting.count_change": 3 * DAYS_OF_SUMS,
        # Of the province and of one division: a kind of cause; notices and four states of deliveries, by two bases.
        "notifications.cause_sum": 2 * DAYS_OF_SUMS,
        "notifications.delivery_sum": 2 * (4 + 5) * DAYS_OF_SUMS,
        "reporting.certificate_history": certificates,  # facts
    }
    if name.startswith("memory"):
        return 1.1 * quarters[1][name]
    return bounds.get(name, quarters[0][name] + 16)  # a month a month, an entry of the audit log for each quarter


@pytest.fixture
def province(
    running_service: Callable[..., RunningService], topology: str, token: Callable[..., str], tmp_path: Path
) -> Iterator[Province]:
    empty_queues(topology, ["notifications.inbox", "reporting.inbox"])
    mail = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    mail.start()
    try:
        yield Province(running_service, topology, token, tmp_path / "clock", mail.port)
    finally:
        mail.stop()


def test_after_a_year_every_table_and_queue_is_within_its_bound_and_no_process_has_grown(
    province: Province, capsys: pytest.CaptureFixture[str]
) -> None:
    province.begin()
    quarters: list[dict[str, float]] = []
    for step in range(1, STEPS + 1):
        province.live()
        if step % QUARTER == 0:
            province.tidy()
            quarters.append({**province.sizes(), **province.memory()})
    with capsys.disabled():
        print("\nat the end of each quarter: rows by table, messages by queue, MB by process")
        for name in quarters[0]:
            if any(quarter[name] for quarter in quarters):
                print(f"{name:<40}" + "".join(f"{quarter[name]:10.0f}" for quarter in quarters))

    statistics = Client(province.reporting.url, province.token)
    grown = {
        name: [quarter[name] for quarter in quarters]
        for name in quarters[0]
        if quarters[3][name] > bound(name, quarters, province.told)
    }
    assert grown == {}
    assert statistics.get("/ops/agreement")["items"][0]["agrees"]
