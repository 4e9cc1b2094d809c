"""A read model that was spoilt is filled again from the publishers' feeds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from sqlalchemy.engine import make_url

from registry.seed import seed
from testkit import RunningService, wait_for

PROJECT = Path(__file__).parents[2]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Programme:
    """registry and reporting as processes, with the enterprises of the example workbook."""

    def __init__(self, registry: RunningService, reporting: RunningService, token: Callable[..., str]) -> None:
        self.registry, self.reporting = registry, reporting
        self.headers = {"Authorization": f"Bearer {token('province')}"}

    def send(self, method: str, url: str, **request: Any) -> Any:
        headers = self.headers | request.pop("headers", {})
        answer = requests.request(method, url, headers=headers, timeout=60, **request)
        assert answer.ok, answer.text
        return answer.json()

    def fill(self) -> None:
        workbook = (PROJECT / "examples/enterprises.xlsx").read_bytes()
        headers = {"Content-Type": XLSX, "Idempotency-Key": "import"}
        self.send("POST", f"{self.registry.url}/enterprises/import", data=workbook, headers=headers)
        goal = {
            "division": "220000",
            "year": 2026,
            "population": "award",
            "percent": 90,
            "document": "示例文号〔2026〕1号",
        }
        wait_for(lambda: self.applied().get("enterprise.registered.v1") == 330, 30)
        self.send("POST", f"{self.reporting.url}/targets", json=goal, headers={"Idempotency-Key": "target"})

    def applied(self) -> dict[str, int]:
        found: dict[str, int] = self.send("GET", f"{self.reporting.url}/ops/state")["inbox"]["applied"]
        return found

    def figures(self) -> list[Any]:
        paths = ("coverage?population=above_threshold", "coverage?population=contenders", "statistics", "targets")
        return [self.send("GET", f"{self.reporting.url}/{path}") for path in paths]

    def database(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.reporting.settings["database_url"].replace("+psycopg", ""), autocommit=True)

    def count(self, table: str) -> int:
        with self.database() as database:
            return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # type: ignore[index]

    def rebuild(self) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "chassis.process.cli", "reporting", "rebuild"]
        return subprocess.run(command, env=self.reporting.environ, capture_output=True, text=True, timeout=120)


@pytest.fixture
def programme(
    running_service: Callable[..., RunningService], make_database: Callable[[str], str], token: Callable[..., str]
) -> Programme:
    database = make_database("registry")
    seed(make_url(database).set(drivername="postgresql+psycopg").render_as_string(hide_password=False))
    registry = running_service("registry", database_url=database)
    training = running_service("training", process="api")
    notifications = running_service("notifications", process="api", smtp_url="smtp://127.0.0.1:1")
    urls = {f"url_{each.service}": each.url for each in (registry, training, notifications)}
    made = Programme(registry, running_service("reporting", **urls), token)
    made.fill()
    return made


def test_a_rebuild_brings_back_what_was_spoilt_and_changes_nothing_where_it_fails(
    programme: Programme,
) -> None:
    before, applied = programme.figures(), programme.applied()
    with programme.database() as database:
        database.execute("DELETE FROM enterprise_history WHERE division LIKE '2201%'")
        database.execute("UPDATE enterprise_history SET award_contender = NOT award_contender")
    spoilt = programme.figures()
    assert spoilt != before

    while_the_worker_runs = programme.rebuild()
    programme.reporting.stop()
    programme.registry.kill()
    without_a_feed = programme.rebuild()
    programme.reporting.start()
    assert (while_the_worker_runs.returncode, without_a_feed.returncode) == (1, 1)
    assert "worker is running" in while_the_worker_runs.stderr
    assert "nothing was changed" in without_a_feed.stderr
    assert programme.figures() == spoilt

    programme.registry.start()
    programme.reporting.stop()
    rebuilt = programme.rebuild()
    programme.reporting.start()
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert programme.figures() == before
    assert programme.applied() == applied

    programme.reporting.stop()
    with programme.database() as database:
        # Names that this service's table can no longer hold stand for a bug of its handler.
        database.execute("ALTER TABLE enterprise_history ADD CHECK (name NOT LIKE '%19%') NOT VALID")
    with_a_bug = programme.rebuild()
    assert with_a_bug.returncode == 0, with_a_bug.stderr
    kept, parked = programme.count("enterprise_history"), programme.count("inbox_parked")
    assert parked > 0
    assert kept + parked == 330
    assert f"{parked} parked" in with_a_bug.stdout
