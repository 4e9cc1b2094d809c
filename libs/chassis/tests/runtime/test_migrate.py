"""Migrations, and the guard around them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from chassis.process import migrate, revisions
from testkit import wait_for


@pytest.fixture
def empty_database(postgres_url: str, request: pytest.FixtureRequest) -> Any:
    name = "test_empty"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name}")
        yield make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_an_upgrade_brings_an_empty_database_to_head_and_a_second_changes_nothing(empty_database: str) -> None:
    assert migrate.current("pilot", empty_database) == "empty"
    assert migrate.upgrade("pilot", empty_database) == "empty → 0001"
    assert migrate.upgrade("pilot", empty_database) == "at 0001"


def test_the_models_of_the_chassis_agree_with_its_migrations(make_database: Callable[[str], str]) -> None:
    assert migrate.check("pilot", make_database("pilot")) == []


def test_a_database_behind_head_and_models_that_differ_are_reported(
    empty_database: str, make_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    assert "head is 0001" in migrate.check("pilot", empty_database)[0]
    changed = make_database("pilot")
    with psycopg.connect(changed) as connection:
        connection.execute("ALTER TABLE due DROP COLUMN last_error")
        connection.execute("ALTER TABLE effect ALTER COLUMN by TYPE text")
    found = "\n".join(migrate.check("pilot", changed))
    monkeypatch.setenv("CQO_DATABASE_URL_PILOT", changed)

    assert "last_error" in found
    assert "effect by" in found
    assert migrate.main(["pilot", "check"]) == 1
    assert "last_error" in capsys.readouterr().err


def test_an_upgrade_waits_for_one_that_is_under_way(empty_database: str) -> None:
    with ThreadPoolExecutor(2) as pool, psycopg.connect(empty_database, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('cqo.migrate'))")
        jobs = [pool.submit(migrate_in_a_process, empty_database) for _ in range(2)]
        wait_for(lambda: _waiting(other) == 2, 20)
        assert not any(job.done() for job in jobs)
        other.execute("SELECT pg_advisory_unlock(hashtext('cqo.migrate'))")

        assert sorted(job.result() for job in jobs) == ["pilot: at 0001", "pilot: empty → 0001"]


def _waiting(connection: psycopg.Connection[Any]) -> int:
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'"
    )
    row = connection.execute(waiting).fetchone()
    return row[0] if row else 0


def migrate_in_a_process(url: str) -> str:
    environ = {**os.environ, "CQO_DATABASE_URL_PILOT": url, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "chassis.process.migrate", "pilot", "upgrade"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout.strip()


def test_a_migration_gives_up_rather_than_queue_before_the_running_service(
    make_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_database("pilot")
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "50ms")
    with psycopg.connect(url) as service:
        service.execute("LOCK TABLE effect IN ACCESS SHARE MODE")
        with migrate.guarded_connection(url) as connection, pytest.raises(OperationalError, match="lock timeout"):
            connection.execute(text("ALTER TABLE effect ADD COLUMN note text"))


def test_the_code_knows_its_head_and_all_revisions_before() -> None:
    found = revisions.revisions_of("pilot")

    assert (found.head, found.known) == ("0001", {"0001"})


@pytest.mark.parametrize("service", ["registry", "training", "notifications", "reporting"])
def test_revisions_are_read_as_alembic_reads_them(service: str) -> None:
    scripts = ScriptDirectory(str(revisions.folder_of(service)))
    found = revisions.revisions_of(service)

    assert found.head == scripts.get_current_head()
    assert found.known == {script.revision for script in scripts.walk_revisions()}
