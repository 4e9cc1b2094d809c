"""The roles of a database: an owner for migrations, and the service's own, which has what the table says."""

from __future__ import annotations

import dataclasses
import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.engine import make_url

from chassis import privileges
from chassis.messaging.outbox import relay
from chassis.privileges import Privileges, ServicePrivileges, roles
from chassis.process import migrate, revisions

TABLE = Path(__file__).parents[4] / "deploy/privileges.toml"


class Installation:
    """The pilot's database and roles, under names of their own."""

    def __init__(self, admin_url: str, name: str) -> None:
        self.admin_url, self.name, self.owner = admin_url, name, f"{name}_owner"
        own = ServicePrivileges(name, name, self.owner, ("pilot.events",), (), ())
        self.table = dataclasses.replace(privileges.load(TABLE), services={"pilot": own})

    def apply(self, password: str = "first") -> None:
        roles.apply(self.admin_url, self.table, {self.name: password, self.owner: "owners"})

    def url(self, role: str, password: str) -> str:
        parts = make_url(self.admin_url).set(username=role, password=password, database=self.name)
        return parts.render_as_string(hide_password=False)

    def migrate(self, table: Privileges | None = None) -> None:
        migrate.upgrade("pilot", self.url(self.owner, "owners"), table or self.table)

    def as_service(self, statement: str, password: str = "first") -> list[tuple[object, ...]]:
        """What the service's role gets by `statement`."""
        with psycopg.connect(self.url(self.name, password)) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def as_owner(self, *statements: str) -> None:
        with psycopg.connect(self.url(self.owner, "owners")) as connection:
            for statement in statements:
                connection.execute(statement)


@pytest.fixture
def installation(postgres_url: str) -> Iterator[Installation]:
    made = Installation(postgres_url, f"pilot_{secrets.token_hex(4)}")
    yield made
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {made.name} WITH (FORCE)")
        admin.execute(f"DROP ROLE IF EXISTS {made.name}, {made.owner}")


def test_what_the_service_owned_goes_over_to_the_owner_and_the_service_goes_on(installation: Installation) -> None:
    """As 0.1.0 made its databases: the service's role owns database, tables, sequences and functions."""
    name = installation.name
    with psycopg.connect(installation.admin_url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'first'")
        admin.execute(f"CREATE DATABASE {name} OWNER {name} TEMPLATE template0")
    migrate.upgrade("pilot", installation.url(name, "first"))
    insert = (
        "INSERT INTO due (kind, series, key, due_on, payload) VALUES ('pilot.notice', 's', '{}', '2026-03-02', '{{}}')"
    )
    installation.as_service(insert.format("before"))
    installation.as_service("ALTER TABLE audit_log DISABLE TRIGGER USER")
    installation.as_service("ALTER TABLE audit_log ENABLE TRIGGER USER")

    installation.apply()
    installation.apply()

    installation.as_service(insert.format("after"))
    assert installation.as_service("SELECT key FROM due ORDER BY id") == [("before",), ("after",)]
    with pytest.raises(InsufficientPrivilege, match="must be owner"):
        installation.as_service("ALTER TABLE audit_log DISABLE TRIGGER USER")
    installation.migrate()


def test_a_new_table_needs_no_thought_and_a_partition_is_reached_by_its_table(installation: Installation) -> None:
    installation.apply()
    installation.migrate()
    installation.as_owner(
        "CREATE TABLE letter (id bigserial, day date) PARTITION BY RANGE (day)",
        "CREATE TABLE letter_2026 PARTITION OF letter FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "CREATE FUNCTION add_partition() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp "
        "AS $$CREATE TABLE letter_2027 PARTITION OF letter FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')$$",
        "REVOKE ALL ON FUNCTION add_partition() FROM PUBLIC",
    )
    with pytest.raises(InsufficientPrivilege):
        installation.as_service("SELECT FROM letter")

    installation.migrate()

    installation.as_service("INSERT INTO letter (day) VALUES ('2026-03-02')")
    installation.as_service("SELECT add_partition()")
    installation.as_service("INSERT INTO letter (day) VALUES ('2027-03-02')")
    assert installation.as_service("SELECT count(*) FROM letter") == [(2,)]
    for statement in ("SELECT FROM letter_2026", "SELECT FROM letter_2027", "TRUNCATE letter", "DROP TABLE letter"):
        with pytest.raises(InsufficientPrivilege):
            installation.as_service(statement)


def test_what_another_role_has_put_into_the_schema_stops_no_upgrade(installation: Installation) -> None:
    installation.apply()
    installation.migrate()
    with psycopg.connect(installation.url("postgres", make_url(installation.admin_url).password or "")) as admin:
        admin.execute("CREATE TABLE note (id bigserial)")
        admin.execute("CREATE FUNCTION count_notes() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM note'")

    installation.migrate()

    with pytest.raises(InsufficientPrivilege):
        installation.as_service("SELECT FROM note")


def test_a_right_that_leaves_the_table_of_privileges_is_taken_away(installation: Installation) -> None:
    installation.apply()
    more = dataclasses.replace(
        installation.table, tables={**installation.table.tables, "audit_head": ("SELECT", "UPDATE (hash)", "DELETE")}
    )
    installation.migrate(more)
    installation.as_service("UPDATE audit_head SET hash = 'x'")
    installation.as_service("DELETE FROM audit_head")

    installation.migrate()

    installation.as_service("UPDATE audit_head SET seq = 0")
    with pytest.raises(InsufficientPrivilege):
        installation.as_service("DELETE FROM audit_head")


LATER = """
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("CREATE TABLE later (id BIGINT)")
"""


def test_the_rights_on_a_table_come_with_the_table_itself(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Between the two a service that runs meanwhile would be refused what it does all day."""
    installation.apply()
    installation.migrate()
    folder = shutil.copytree(revisions.folder_of("pilot"), tmp_path / "migrations")
    (folder / "versions" / "0002_later.py").write_text(LATER)
    monkeypatch.setattr(revisions, "folder_of", lambda service: folder)
    granted: list[bool] = []
    grant = roles.grant

    def watched(connection: psycopg.Connection, role: str, table: Privileges) -> None:
        grant(connection, role, table)
        # Another session sees no table yet: the migration's transaction is not over.
        with psycopg.connect(installation.url(installation.owner, "owners")) as other:
            granted.append(other.execute("SELECT to_regclass('later') IS NOT NULL").fetchall()[0][0])

    monkeypatch.setattr(roles, "grant", watched)
    table = dataclasses.replace(installation.table, tables={**installation.table.tables, "later": ("SELECT",)})
    installation.migrate(table)

    assert granted == [False, True]


def test_a_services_role_replaces_its_own_frozen_relay_and_ends_no_session_of_the_owner(
    installation: Installation,
) -> None:
    installation.apply()
    installation.migrate()
    url = installation.url(installation.name, "first")
    with (
        relay.leader_connection(url, "pilot") as frozen,
        relay.leader_connection(url, "pilot") as follower,
        psycopg.connect(installation.url(installation.owner, "owners")) as owner,
    ):
        frozen.execute(relay.LEADER)
        ended = follower.execute(relay.END_FROZEN, ("pilot-relay", 0)).fetchall()
        pid = owner.info.backend_pid

        assert [row.ended for row in ended] == [True]
        with pytest.raises(InsufficientPrivilege):
            follower.execute("SELECT pg_terminate_backend(%s)", (pid,))


def test_a_password_is_changed_by_the_job(installation: Installation) -> None:
    installation.apply()
    installation.apply(password="second")

    assert installation.as_service("SELECT 1", password="second") == [(1,)]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        installation.as_service("SELECT 1", password="first")


def test_the_job_says_what_it_lacks(tmp_path: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [str(tmp_path), "--file", str(TABLE)]
    assert roles.main(arguments) == 1
    assert "roles.json" in capsys.readouterr().err

    (tmp_path / "roles.json").write_text(json.dumps({"somebody": "x"}))
    (tmp_path / "admin_url").write_text(postgres_url)
    assert roles.main(arguments) == 1
    assert "has no password for the role" in capsys.readouterr().err

    (tmp_path / "admin_url").write_text("postgresql://postgres:word@127.0.0.1:9/postgres")
    assert roles.main(arguments) == 1
    said = capsys.readouterr().err
    assert "roles: " in said and "word" not in said
