"""All pairs of services agree, a lost event is fetched without a later one, and audit logs are anchored."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from chassis import broker
from cqolocal import agreement
from registry.seed import seed
from testkit import Client, RunningService, wait_for

PROJECT = Path(__file__).parents[2]
Start = Callable[..., RunningService]
# What the owner of a database can do: another actor, with its hash and the head's.
WRITTEN_ANEW = """
ALTER TABLE audit_log DISABLE TRIGGER ALL;
UPDATE audit_log SET actor = 'nobody', entry = replace(entry, '"actor":"' || actor || '"', '"actor":"nobody"');
UPDATE audit_log SET hash = encode(sha256(convert_to(concat_ws(E'\\n', previous_hash, number, entry), 'UTF8')), 'hex');
UPDATE audit_head SET hash = (SELECT hash FROM audit_log)
"""


class Programme:
    """The four services, with the enterprises of the example workbook."""

    def __init__(self, services: dict[str, RunningService], token: Callable[..., str], amqp_url: str) -> None:
        self.services, self.token, self.amqp_url = services, token, amqp_url
        self.registry = Client(services["registry"].url, token("province"))

    def compare(self) -> list[agreement.Pair]:
        urls = {name: service.url for name, service in self.services.items()}
        return agreement.compare(urls, self.token("ops"))

    def applied(self, service: str, kind: str) -> int:
        """How many events of a type a service has applied."""
        by_type = self._state(service)["inbox"]["by_type"]
        return int(by_type.get(kind, {"applied": 0})["applied"])

    def is_published(self) -> bool:
        return bool(self._state("registry")["outbox"]["unpublished"] == 0)

    def lose(self, queue: str) -> int:
        """The broker loses what it has in `queue`; returns how many messages."""
        connection = broker.connect(self.amqp_url, "test")
        try:
            return int(connection.channel().queue_purge(queue))
        finally:
            broker.close(connection)

    def _state(self, service: str) -> dict[str, Any]:
        found: dict[str, Any] = Client(self.services[service].url, self.token("ops")).get("/ops/state")
        return found


@pytest.fixture
def programme(
    running_service: Start, make_database: Callable[[str], str], token: Callable[..., str], topology: str
) -> Programme:
    database = make_database("registry")
    seed(make_url(database).set(drivername="postgresql+psycopg").render_as_string(hide_password=False))
    services: dict[str, RunningService] = {}
    for name in ("registry", "training", "notifications", "reporting"):
        urls = {f"url_{each.service}": each.url for each in services.values()}
        more = {"database_url": database} if name == "registry" else {}
        mail = {"smtp_url": "smtp://127.0.0.1:1"} if name == "notifications" else {}
        services[name] = running_service(name, **urls, **more, **mail)
    # Each reads of those that were started after it, too.
    for service in services.values():
        service.settings |= {f"url_{each.service}": each.url for each in services.values()}
        service.stop()
        service.start()
    made = Programme(services, token, topology)
    made.registry.upload("/enterprises/import", (PROJECT / "examples/enterprises.xlsx").read_bytes())
    wait_for(made.is_published, 60)
    wait_for(lambda: made.applied("reporting", "enterprise.registered.v1") == 330, 60)
    wait_for(lambda: made.applied("notifications", "contact.changed.v1") == 330, 60)
    return made


def test_all_pairs_agree_and_a_lost_last_event_is_fetched(programme: Programme) -> None:
    first = {(pair.reader, pair.publisher): pair for pair in programme.compare()}
    assert len(first) == 12
    assert [str(pair) for pair in first.values() if not pair.agrees] == []
    assert first["reporting", "registry"].aggregates >= 330

    programme.services["reporting"].stop()
    (enterprise,) = programme.registry.get("/enterprises", limit=1)["items"]
    programme.registry.call(
        "PATCH", f"/enterprises/{enterprise['id']}", json={"name": "改名公司"}, version=enterprise["version"]
    )
    wait_for(programme.is_published)
    # The change, and with it perhaps a checkpoint of an audit log.
    lost = wait_for(lambda: programme.lose("reporting.inbox"))
    programme.services["reporting"].start()
    started = time.monotonic()
    again = {(pair.reader, pair.publisher): pair for pair in programme.compare()}
    seconds = time.monotonic() - started

    print(f"\n12 pairs compared, and a lost last event fetched, in {seconds:.1f} s")
    assert [str(pair) for pair in again.values() if not pair.agrees] == []
    assert 1 <= sum(pair.fetched for pair in again.values() if pair.reader == "reporting") <= lost


def test_the_audit_log_of_each_service_is_anchored_in_anothers_database(programme: Programme) -> None:
    auditor = programme.token("auditor")
    clients = {name: Client(service.url, auditor) for name, service in programme.services.items()}
    goal = {"division": "220000", "year": 2026, "population": "award", "percent": 90}
    Client(programme.services["reporting"].url, programme.token("province")).post(
        "/targets", goal | {"document": "示例文号〔2026〕1号"}
    )

    # The import of the enterprises, and the target.
    for service, keeper in (("registry", "reporting"), ("reporting", "registry")):
        wait_for(lambda: clients[keeper].get("/audit/checkpoints", service=service)["last"])  # noqa: B023 - called at once
        found = clients[service].get("/audit/verify")
        assert (found["ok"], found["problem"], found["unsealed"]) == (True, None, 0)
        assert found["anchored_to"] == found["checked"] == 1

    with psycopg.connect(programme.services["registry"].settings["database_url"].replace("+psycopg", "")) as database:
        database.execute(WRITTEN_ANEW)
    rewritten = clients["registry"].get("/audit/verify")
    assert (rewritten["ok"], rewritten["first_broken"]) == (False, 1)
    assert "was written anew" in rewritten["problem"]


def test_a_lost_event_of_a_private_kind_is_told_though_no_publisher_gives_it_out(programme: Programme) -> None:
    programme.services["notifications"].stop()
    (enterprise,) = programme.registry.get("/enterprises", limit=1)["items"]
    programme.registry.put(f"/enterprises/{enterprise['id']}/contact", {"email": "lost@example.invalid"})
    wait_for(programme.is_published)
    assert wait_for(lambda: programme.lose("notifications.inbox")) == 1
    programme.services["notifications"].start()
    differing = [pair for pair in programme.compare() if not pair.agrees]

    ((reader, publisher, differences),) = [(pair.reader, pair.publisher, pair.differing) for pair in differing]
    assert (reader, publisher, differences) == ("notifications", "registry", {"behind": 1})
    assert differing[0].examples[0].startswith("contact:")


def test_a_reader_whose_worker_does_not_run_is_said_not_to_agree(programme: Programme) -> None:
    urls = {"reporting": programme.services["reporting"].url}
    programme.services["reporting"].kill()
    (pair,) = agreement.compare(urls, programme.token("ops"), within=1)

    assert not pair.agrees
    assert pair.problem is not None and "got no answer" in pair.problem
