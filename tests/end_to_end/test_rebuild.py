"""A read model that was spoilt is filled again from the publishers' feeds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from registry.seed import seed
from testkit import Client, RunningService, wait_for

PROJECT = Path(__file__).parents[2]


class Programme:
    """registry and reporting as processes, with the enterprises of the example workbook."""

    def __init__(
        self, registry: RunningService, reporting: RunningService, token: Callable[..., str], clock: Path
    ) -> None:
        self.registry, self.reporting, self.clock = registry, reporting, clock
        self.token = token("province")

    def client(self, service: RunningService) -> Client:
        return Client(service.url, self.token)

    def fill(self) -> None:
        workbook = (PROJECT / "examples/enterprises.xlsx").read_bytes()
        self.client(self.registry).upload("/enterprises/import", workbook)
        goal = {"division": "220000", "year": 2026, "population": "award", "percent": 90}
        wait_for(lambda: self.applied().get("enterprise.registered.v1") == 330, 30)
        self.client(self.reporting).post("/targets", goal | {"document": "示例文号〔2026〕1号"})

    def applied(self) -> dict[str, int]:
        """Of each type but the checkpoints of audit logs, which come by the clock."""
        by_type = self.client(self.reporting).get("/ops/state")["inbox"]["by_type"]
        return {kind: counts["applied"] for kind, counts in by_type.items() if "_audit." not in kind}

    def figures(self) -> list[Any]:
        paths = ("coverage?population=above_threshold", "coverage?population=contenders", "statistics", "targets")
        return [self.client(self.reporting).get(f"/{path}") for path in paths]

    def database(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.reporting.settings["database_url"].replace("+psycopg", ""), autocommit=True)

    def count(self, table: str) -> int:
        with self.database() as database:
            return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # type: ignore[index]

    def rebuild(self, *options: str) -> subprocess.CompletedProcess[str]:
        return self.command(self.reporting, "rebuild", *options)

    def command(self, service: RunningService, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "chassis.process.cli", service.service, *words]
        return subprocess.run(command, env=service.environ, capture_output=True, text=True, timeout=120)

    def rename(self, number: int) -> None:
        """An enterprise has another name from now on."""
        client = self.client(self.registry)
        enterprise = client.get("/enterprises", limit=1)["items"][0]
        client.patch(f"/enterprises/{enterprise['id']}", {"name": f"改名公司{number}"}, version=enterprise["version"])
        wait_for(lambda: self.applied().get("enterprise.changed.v1") == number, 30)

    def pass_days(self, days: int) -> None:
        """Moves the clock, and waits until the months before are closed."""
        closed = "SELECT FROM outbox_month WHERE last_position >= %s"
        with psycopg.connect(self.registry.settings["database_url"].replace("+psycopg", ""), autocommit=True) as there:
            last = there.execute("SELECT max(feed_position) FROM outbox").fetchone()
            fresh = self.clock.with_suffix(".new")
            fresh.write_text(str(float(self.clock.read_text()) + days * 86400))
            fresh.rename(self.clock)
            wait_for(lambda: there.execute(closed, last).fetchall(), 30)


@pytest.fixture
def programme(
    running_service: Callable[..., RunningService],
    make_database: Callable[[str], str],
    token: Callable[..., str],
    tmp_path: Path,
) -> Programme:
    database = make_database("registry")
    seed(make_url(database).set(drivername="postgresql+psycopg").render_as_string(hide_password=False))
    clock = tmp_path / "clock"
    clock.write_text("0")
    registry = running_service("registry", database_url=database, clock_offset_file=clock)
    training = running_service("training", process="api")
    notifications = running_service("notifications", process="api", smtp_url="smtp://127.0.0.1:1")
    urls = {f"url_{each.service}": each.url for each in (registry, training, notifications)}
    made = Programme(registry, running_service("reporting", clock_offset_file=clock, **urls), token, clock)
    made.fill()
    return made


def test_a_rebuild_brings_back_what_was_spoilt_and_changes_nothing_where_it_fails(
    programme: Programme,
) -> None:
    before, applied = programme.figures(), programme.applied()
    with programme.database() as database:
        database.execute("DELETE FROM enterprise_history WHERE division LIKE '2201%'")
        database.execute("UPDATE enterprise_history SET award_contender = NOT award_contender")
        # The figures are read from the sums, which are wrong where a handler was.
        database.execute("DELETE FROM coverage_change WHERE division LIKE '2201%'")
        database.execute("UPDATE coverage_change SET enterprises = enterprises + 1")
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


def test_a_reader_is_rebuilt_from_the_archives_and_from_the_feed_after_them(
    programme: Programme, tmp_path: Path
) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    programme.rename(1)
    programme.pass_days(70)
    programme.rename(2)
    programme.pass_days(40)
    programme.rename(3)
    before, applied = programme.figures(), programme.applied()
    far_ahead = ("archive", "--before", "2999-01", "--to", str(folder))

    (folder / "registry-half.jsonl.gz.part").write_bytes(b"of an interrupted run")
    archived = programme.command(programme.registry, *far_ahead)
    again = programme.command(programme.registry, *far_ahead)
    programme.reporting.stop()
    without = programme.rebuild()

    assert archived.returncode == 0, archived.stderr
    assert archived.stdout.count("events, up to position") >= 2
    assert again.stdout == ""
    assert without.returncode == 1 and "--archive" in without.stderr
    rebuilt = programme.rebuild("--archive", str(folder))
    programme.reporting.start()
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert programme.figures() == before
    assert programme.applied() == applied

    (spoilt,) = list(folder.glob("*.jsonl.gz"))[:1]
    spoilt.write_bytes(spoilt.read_bytes()[:-9])
    programme.reporting.stop()
    with_a_spoilt_file = programme.rebuild("--archive", str(folder))
    programme.reporting.start()
    assert with_a_spoilt_file.returncode == 1 and "SHA-256" in with_a_spoilt_file.stderr
    assert programme.figures() == before
