"""Migrations under guard: `python -m chassis.process.migrate <service>[,<service>…] upgrade|check|current`.

They run as the owner of the tables. With `--privileges deploy/privileges.toml` an upgrade then gives the service's own
role what it needs of them.

An upgrade holds an advisory lock, so that two deploy jobs do not meet, and gives up rather than queue in front of the
running service's transactions: a lock that is not had within 5 s, or a statement longer than 60 s, ends it. What the
service ships with (`<service>/seed.py`) is put in after the migrations.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from alembic import context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, NullPool, create_engine, text
from sqlalchemy import exc as database
from sqlalchemy.engine import make_url

from chassis.data import metadata
from chassis.privileges import Privileges, WrongTable, load, roles
from chassis.process import revisions
from chassis.settings import ConfigurationError, read_one

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "60s"
TURN_TIMEOUT = 120  # seconds that one job waits for another's end
TRY_EVERY = 0.2  # seconds
PARTITIONS = text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
# The role that the tables belong to, where another runs the migration that may act as it: a superuser, for instance.
OWNER = text(
    "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass('alembic_version') "
    "AND pg_get_userbyid(relowner) <> current_user AND pg_has_role(relowner, 'MEMBER')"
)
TRY_LOCK = text("SELECT pg_try_advisory_lock(hashtext(:name))")


def alembic_config(service: str, url: str) -> Config:
    """Alembic's configuration for `service` with the database at `url`."""
    settings = Config()
    # Alembic takes % for the start of a variable.
    settings.set_main_option("script_location", str(revisions.folder_of(service)).replace("%", "%%"))
    settings.attributes["service"] = service
    settings.attributes["url"] = url
    return settings


def metadata_of(service: str) -> list[MetaData]:
    """The models: the chassis's tables, and those that the service's `storage.METADATA` names."""
    from chassis import due, http, messaging, security  # noqa: F401 - their tables are declared as they are loaded

    found: tuple[MetaData, ...] = importlib.import_module(f"{service}.storage").METADATA
    return [metadata, *found]


@contextmanager
def guarded_connection(url: str, lock: str = "cqo.migrate") -> Iterator[Connection]:
    """A connection that holds the migrations' advisory lock, waits for nothing else for long, and acts as the owner."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.connect() as connection:
        _wait_for_turn(connection, lock)
        if owner := connection.scalar(OWNER):
            connection.execute(text(f"SET ROLE {connection.dialect.identifier_preparer.quote(owner)}"))
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
        connection.commit()
        yield connection


def _wait_for_turn(connection: Connection, lock: str) -> None:
    """Takes the lock as soon as no other job has it.

    It asks again and again: a statement that waits holds a snapshot, and for the end of that an index that the other
    job makes while the service goes on writing would wait in turn.
    """
    deadline = time.monotonic() + TURN_TIMEOUT
    while not connection.scalar(TRY_LOCK, {"name": lock}):
        connection.rollback()
        if time.monotonic() > deadline:
            raise database.TimeoutError(
                f"another job has migrated for {TURN_TIMEOUT} s; run this again when it has ended"
            )
        time.sleep(TRY_EVERY)


def run_env(service: str) -> None:
    """What `migrations/env.py` of each service calls, also when alembic's own command is used."""
    url = context.config.attributes.get("url") or read_one("database_url", service)
    with guarded_connection(url) as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata_of(service),
            transaction_per_migration=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


def upgrade(service: str, url: str, privileges: Privileges | None = None) -> str:
    """Brings the database at `url` to head; returns what was done, for people.

    With `privileges` the service's role gets what they say of each table, in the transaction that makes the table; in
    an empty database, which nobody uses yet, at the end.
    """

    def grant(connection: Connection) -> None:
        if privileges is not None:
            driver = connection.connection.driver_connection
            assert driver is not None, "the connection is open"
            roles.grant(driver, privileges.of(service).role, privileges)

    settings = alembic_config(service, url)
    script = ScriptDirectory.from_config(settings)
    with guarded_connection(url) as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        if before is None:
            # The last commit syncs these too.
            connection.execute(text("SET synchronous_commit = off"))
        connection.commit()
        with EnvironmentContext(settings, script, fn=_to_head(script)) as environment:
            environment.configure(
                connection=connection,
                transaction_per_migration=True,
                on_version_apply=lambda **_: None if before is None else grant(connection),
            )
            with environment.begin_transaction():
                environment.run_migrations()
        connection.commit()
        with connection.begin():
            connection.execute(text("SET synchronous_commit = on"))
            grant(connection)  # the table of privileges may have changed, and no migration
        after = MigrationContext.configure(connection).get_current_revision()
    return f"at {after}" if before == after else f"{before or 'empty'} → {after}"


def seed(service: str, url: str) -> list[str]:
    """Has `<service>.seed`, if there is one, put in what the service ships with; returns what was done, for people."""
    name = f"{service}.seed"
    return [importlib.import_module(name).seed(url)] if importlib.util.find_spec(name) else []


def _to_head(script: ScriptDirectory) -> Callable[[Any, Any], Any]:  # Any: alembic's own, which it does not name
    return lambda revision, _context: script._upgrade_revs("heads", revision)


def current(service: str, url: str) -> str:
    """The revision of the database at `url`."""
    with guarded_connection(url) as connection:
        return MigrationContext.configure(connection).get_current_revision() or "empty"


def check(service: str, url: str) -> list[str]:
    """What is wrong: the database is not at head, or the models differ from it. Empty if all is well."""
    script = ScriptDirectory.from_config(alembic_config(service, url))
    with guarded_connection(url) as connection:
        # A partition of a table is made by it, and is no model's.
        partitions = set(connection.scalars(PARTITIONS))
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or name not in partitions,
        }
        migrations = MigrationContext.configure(connection, opts=options)
        found, head = migrations.get_current_revision(), script.get_current_head()
        if found != head:
            return [f"the database is at {found or 'no revision'}, head is {head}; run: upgrade"]
        differences = compare_metadata(migrations, metadata_of(service))  # type: ignore[arg-type]  # it takes several
    return [f"the models differ from the database: {_brief(difference)}" for difference in differences]


def _brief(difference: Any) -> str:  # Any: a tuple, or a list of such
    # Columns that changed come as lists of differences, everything else as tuples.
    if isinstance(difference, list):
        return "; ".join(_brief(part) for part in difference)
    return " ".join(str(part) for part in difference if part is not None)


def main(arguments: list[str]) -> int:
    """Runs the command for each service; returns the process's exit status."""
    parser = argparse.ArgumentParser(prog="python -m chassis.process.migrate", description=__doc__.splitlines()[0])
    parser.add_argument("services", help="<service>[,<service>…]")
    parser.add_argument("command", choices=("upgrade", "check", "current"))
    parser.add_argument("--privileges", type=Path, help="upgrade: the table of privileges, deploy/privileges.toml")
    options = parser.parse_args(arguments)
    failed = False
    for service in options.services.split(","):
        try:
            lines = _run(options.command, service, read_one("database_url", service), options.privileges)
        except (ConfigurationError, WrongTable, OSError, LookupError, database.SQLAlchemyError) as fault:
            lines, failed = [f"failed: {fault}"], True
        except psycopg.Error as fault:
            lines, failed = [f"failed: the rights of the service's role: {fault}"], True
        failed = failed or (options.command == "check" and lines != ["at head, and the models agree"])
        for line in lines:
            (sys.stderr if failed else sys.stdout).write(f"{service}: {line}\n")
    return int(failed)


def _run(command: str, service: str, url: str, privileges: Path | None) -> list[str]:
    if command == "upgrade":
        return [upgrade(service, url, load(privileges) if privileges else None), *seed(service, url)]
    if command == "current":
        return [current(service, url)]
    return check(service, url) or ["at head, and the models agree"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
