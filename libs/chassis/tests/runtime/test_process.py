"""A service as a process: its health, its metrics, its logs, its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import NOWHERE, Rows
from sqlalchemy import Engine, text

from testkit import Client, RunningService, wait_for

Start = Callable[..., RunningService]


@pytest.fixture
def api(running_service: Start, database_url: str) -> Start:
    def start(**settings: Any) -> RunningService:
        return running_service(
            "pilot", process="api", **{"database_url": database_url, "amqp_url": NOWHERE, **settings}
        )

    return start


def test_an_api_is_ready_without_the_broker_and_says_that_it_is_missing(api: Start) -> None:
    service = api()
    status, body = service.get(f"{service.url}/health/ready")

    assert (status, body["status"]) == (200, "ready")
    assert body["checks"]["broker"] == {"ok": False, "detail": "ConnectionRefusedError", "required": False}
    assert body["checks"]["migrations"] == {"ok": True, "detail": "at 0001, head is 0001", "required": True}


def test_a_worker_without_the_broker_lives_and_is_not_ready(running_service: Start, database_url: str) -> None:
    service = running_service("pilot", process="worker", ready=False, database_url=database_url, amqp_url=NOWHERE)
    wait_for(lambda: service.get(f"{service.worker_url}/health/live")[0] == 200)
    status, body = service.get(f"{service.worker_url}/health/ready")

    assert (status, body["status"]) == (503, "not ready")
    assert body["checks"]["database"]["ok"]
    assert body["checks"]["broker"]["required"]


def test_a_database_that_is_not_migrated_makes_a_service_not_ready(api: Start, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    later = api(ready=False)
    wait_for(lambda: later.get(f"{later.url}/health/live")[0] == 200)
    assert later.get(f"{later.url}/health/ready")[0] == 200, "a revision of a later version works with this one"
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    wait_for(lambda: later.get(f"{later.url}/health/ready")[0] == 503)


class Gate:
    """Lets the database go away and come back for one service, while the server itself stays up."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.name = engine.url.database

    def close(self) -> None:
        self._admin(f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS false')
        self._admin(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.name}'")

    def open(self) -> None:
        self._admin(f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS true')

    def _admin(self, statement: str) -> None:
        from sqlalchemy import create_engine

        admin = create_engine(self.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(statement))
        admin.dispose()


@pytest.fixture
def gate(engine: Engine) -> Iterator[Gate]:
    gate = Gate(engine)
    yield gate
    gate.open()


def test_a_service_outlives_its_database_and_recovers_by_itself(
    running_service: Start, database_url: str, gate: Gate, rows: Rows
) -> None:
    service = running_service("pilot", ready=False, database_url=database_url, amqp_url=NOWHERE)
    wait_for(lambda: service.is_ready(service.url), 20)
    gate.close()
    wait_for(lambda: service.get(f"{service.url}/health/ready")[0] == 503)
    status, problem = service.get(f"{service.url}/effects")
    assert (status, problem["status"]) == (503, 503)
    assert service.get(f"{service.url}/health/live")[0] == 200
    gate.open()
    wait_for(lambda: service.is_ready(service.url))
    rows.plan("after")
    wait_for(lambda: rows.effects() == ["after"])

    assert service.get(f"{service.url}/effects") == (200, {"effects": 1})
    assert service.alive


def test_a_service_starts_while_its_database_is_down_and_serves_once_it_is_up(api: Start, gate: Gate) -> None:
    gate.close()
    service = api(ready=False)
    wait_for(lambda: service.get(f"{service.url}/health/live")[0] == 200, 20)
    assert service.get(f"{service.url}/health/ready")[0] == 503
    gate.open()
    wait_for(lambda: service.is_ready(service.url))

    assert service.get(f"{service.url}/effects") == (200, {"effects": 0})


WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'")


def test_waiting_for_the_database_holds_up_nobody_else(api: Start, engine: Engine) -> None:
    service = api()
    with ThreadPoolExecutor(5) as pool, engine.connect().execution_options(isolation_level="AUTOCOMMIT") as holder:
        holder.execute(text("SELECT pg_advisory_lock(1)"))
        held = [pool.submit(service.get, f"{service.url}/held") for _ in range(5)]
        wait_for(lambda: holder.scalar(WAITING) == 5)
        live = [service.get(f"{service.url}/health/live")[0] for _ in range(20)]
        assert not any(answer.done() for answer in held), "they wait, all five at once, and yet the others are answered"
        holder.execute(text("SELECT pg_advisory_unlock(1)"))

        assert [answer.result()[0] for answer in held] == [200] * 5
    assert live == [200] * 20


def test_sigterm_lets_a_request_end_and_then_the_process(api: Start) -> None:
    service = api()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(service.get, f"{service.url}/slow")
        wait_for(lambda: _in_flight(service))
        assert service.stop() == 0

        assert slow.result() == (200, {"done": True})
    assert "SIGTERM received" in service.log.read_text()


def _in_flight(service: RunningService) -> bool:
    _, metrics = _text(f"{service.url}/metrics")
    return len([c for c in psutil.Process(service.pid).net_connections() if c.status == "ESTABLISHED"]) > 1 and bool(
        metrics
    )


def _text(url: str) -> tuple[int, str]:
    answer = Client(url, timeout=5).send("GET", "")
    return answer.status_code, answer.text


def test_both_processes_tell_their_metrics_with_the_service_as_a_label(
    running_service: Start, database_url: str, rows: Rows
) -> None:
    rows.plan("done")
    rows.plan("broken", -3, fails=True)
    service = running_service("pilot", ready=False, database_url=database_url, amqp_url=NOWHERE)
    wait_for(lambda: rows.count("done") == 1)
    wait_for(
        lambda: 'cqo_due_overdue_rows{kind="pilot.notice",service="pilot"} 1.0' in _text(f"{service.url}/metrics")[1]
    )
    _, found = _text(f"{service.worker_url}/metrics")

    for line in (
        'cqo_due_settled_total{kind="pilot.notice",outcome="done",service="pilot"} 1.0',
        'cqo_due_settled_total{kind="pilot.notice",outcome="failed",service="pilot"} 1.0',
        "cqo_build_info{",
        "process_resident_memory_bytes",
    ):
        assert line in found
    age = float(found.split('cqo_due_overdue_oldest_seconds{kind="pilot.notice",service="pilot"} ')[1].split()[0])
    assert age > 3 * 86400


def test_the_log_of_a_request_carries_its_correlation_id_and_no_personal_data(api: Start) -> None:
    service = api()
    answer = Client(service.url).call("GET", "/people", headers={"X-Correlation-Id": "test-0192f3a0"})
    assert answer == {"correlation_id": "test-0192f3a0"}
    wait_for(lambda: "looked for" in service.log.read_text())
    (line,) = [json.loads(line) for line in service.log.read_text().splitlines() if "looked for" in line]

    assert line["event"] == "looked for [id]"
    assert line["contact"] == {"phone": "[phone]"}
    assert (line["correlation_id"], line["process"], line["service"]) == ("test-0192f3a0", "api", "pilot")


def test_a_port_that_is_taken_ends_the_process_with_a_word(api: Start, running_service: Start) -> None:
    first = api()
    second = running_service("pilot", process="api", ready=False, **{**first.settings, "http_port": first.http_port})
    wait_for(lambda: not second.alive)

    assert second.child is not None
    assert second.child.returncode == 1
    assert "Address already in use" in second.log.read_text()


def test_it_starts_within_three_seconds_of_processor_time(api: Start) -> None:
    # It takes half of that on a machine that does nothing else.
    service = api()
    used = psutil.Process(service.pid).cpu_times()

    assert used.user + used.system < 3


def test_sigkill_is_survived_by_the_next_start(api: Start, tmp_path: Path) -> None:
    service = api()
    os.kill(service.pid, signal.SIGKILL)
    wait_for(lambda: not service.alive)
    service.start()

    assert service.get(f"{service.url}/effects") == (200, {"effects": 0})


def test_a_service_loads_nothing_that_it_has_no_use_for() -> None:
    """Together they would take a third more memory. What a rare request or a command needs is loaded by that."""
    unused = {"alembic", "apispec", "argparse", "charset_normalizer", "dns", "mako", "requests", "rich", "yaml"}
    code = (
        "import sys; sys.argv = ['chassis.main']; import chassis.main, pilot.api, pilot.worker; "
        "print(*(name for name, module in sys.modules.items() if module is not None))"
    )
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ)

    assert "chassis.process.process" in loaded.stdout
    assert unused.isdisjoint(loaded.stdout.split())
    assert not loaded.stderr
