"""The private servers: what makes them start sooner leaves them as they would be without it."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest

from cqolocal import databases
from servers import WITHOUT_SYNC, copies_folder, paths, rabbitmq_program, start_postgres
from servers.rabbitmq_program import Program, find_program


def test_databases_that_were_kept_are_copied_and_the_copy_is_a_server_of_its_own(tmp_path: Path) -> None:
    kept = copies_folder() / f"kept-by-a-test-{paths.fingerprint(tmp_path)}"
    first = start_postgres(tmp_path / "first", prepared=kept)
    try:
        with psycopg.connect(first.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE fact AS SELECT 1 AS id")
        first.copy_data(kept)
        second = start_postgres(tmp_path / "second", prepared=kept)
        try:
            for server, rows in ((second, 1), (first, 1)):
                with psycopg.connect(server.url, autocommit=True) as connection:
                    assert connection.execute("DELETE FROM fact").rowcount == rows
            second.stop()
            again = start_postgres(tmp_path / "second", prepared=kept)
            again.remove()
            assert (first.origin, second.origin, again.origin) == ("empty", "prepared", "kept")
        finally:
            second.remove()
    finally:
        first.remove()
        shutil.rmtree(kept, ignore_errors=True)


def test_what_was_committed_outlives_a_server_of_tests_that_is_killed(tmp_path: Path) -> None:
    server = start_postgres(tmp_path, WITHOUT_SYNC)
    try:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE fact (id int)")
            for number in range(500):
                connection.execute("INSERT INTO fact VALUES (%s)", (number,))
            server.kill()
        server.start()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT count(*) FROM fact").fetchone() == (500,)
    finally:
        server.remove()


def test_other_sources_and_another_day_have_databases_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migration = tmp_path / "services" / "registry" / "0001.py"
    migration.parent.mkdir(parents=True)
    migration.write_text("# makes a table")
    for name in databases.SOURCES[2:]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.setattr(databases.paths, "PROJECT", tmp_path)
    before = databases.prepared_folder()

    assert databases.prepared_folder() == before
    migration.write_text("# makes another table")
    changed = databases.prepared_folder()
    (tmp_path / "services" / "registry" / "0002.py").write_text("")
    assert len({before, changed, databases.prepared_folder()}) == 3


def test_the_broker_runs_with_the_plugins_that_it_can_need_and_no_others() -> None:
    names = {folder.name.rpartition("-")[0] for folder in (find_program().scripts.parent / "plugins").iterdir()}

    assert names >= {"rabbit", "rabbitmq_management", "ra", "ranch", "cowboy"}
    assert names.isdisjoint({"rabbitmq_mqtt", "rabbitmq_stomp", "rabbitmq_federation"})


def test_a_rabbitmq_whose_plugins_are_archives_is_run_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "rabbit-3.10.8.ez").write_text("")
    found = Program(tmp_path / "sbin", "epmd", "/usr/bin")

    assert rabbitmq_program._without_other_plugins(found) == found
