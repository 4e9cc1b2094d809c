"""The roles of the databases: of each an owner, as which migrations run, and one that reads and writes rows only.

    python -m chassis.privileges.roles FOLDER --file deploy/privileges.toml

makes them, and the databases, as a job of each deployment: what is missing is made, what stands is brought into line,
passwords included. FOLDER holds `admin_url`, a superuser's, and `roles.json`, the password of each role by its name.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from chassis.privileges.table import Privileges, ServicePrivileges, WrongTable, load

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape

CONNECT_TIMEOUT = 5
LOCK_TIMEOUT = "10s"  # a change of owner waits for the statements that run, and everything else waits for it
# A partition is reached by way of its table, with the rights on that. What another role has put here is its own affair.
RELATIONS = (
    "SELECT relname, relkind = 'S' AS is_sequence FROM pg_class WHERE relnamespace = 'public'::regnamespace "
    "AND relkind IN ('r', 'p', 'v', 'm', 'S') AND NOT relispartition AND pg_has_role(relowner, 'USAGE') "
    "ORDER BY relname"
)
OWNS_SOMETHING = (
    "SELECT EXISTS (SELECT FROM pg_class WHERE relowner = %(role)s::regrole AND relnamespace = 'public'::regnamespace) "
    "OR EXISTS (SELECT FROM pg_proc WHERE proowner = %(role)s::regrole)"
)


def apply(admin_url: str, privileges: Privileges, passwords: Mapping[str, str]) -> None:
    """Makes the roles and databases of all services at the server of `admin_url`, a superuser's.

    `passwords` are by role. A database that the service's own role owns, as in 0.1.0, goes over to its owner.
    """
    with psycopg.connect(admin_url, autocommit=True, connect_timeout=CONNECT_TIMEOUT) as admin:
        for database in ("postgres", "template1"):
            _run(admin, "REVOKE CONNECT ON DATABASE {} FROM PUBLIC", database)
        for service in privileges.services.values():
            for role in (service.owner, service.role):
                _make_role(admin, role, passwords[role])
            _make_database(admin, service)
    for service in privileges.services.values():
        with psycopg.connect(make_conninfo(admin_url, dbname=service.database)) as connection:
            connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
            if connection.execute(OWNS_SOMETHING, {"role": service.role}).fetchall()[0][0]:
                _run(connection, "REASSIGN OWNED BY {} TO {}", service.role, service.owner)
            grant(connection, service.role, privileges)


def set_passwords(admin_url: str, passwords: Mapping[str, str]) -> None:
    """Gives each role, which must be there, its password of `passwords`."""
    with psycopg.connect(admin_url, connect_timeout=CONNECT_TIMEOUT) as admin:
        for role, password in passwords.items():
            _make_role(admin, role, password)


def grant(connection: Connection, role: str, privileges: Privileges) -> None:
    """Gives `role` what the table says of each relation in the database, and nothing else, in this transaction.

    Whoever owns the relations may do this: migrations do after each upgrade, so that a new table needs no thought.
    """
    statements = [
        _statement("REVOKE ALL ON SCHEMA public FROM PUBLIC"),
        _statement("GRANT USAGE ON SCHEMA public TO {}", role),
        _statement("GRANT EXECUTE ON ALL ROUTINES IN SCHEMA public TO {}", role),
    ]
    for relation, is_sequence in connection.execute(RELATIONS).fetchall():
        kind, rights = ("SEQUENCE", ("USAGE",)) if is_sequence else ("TABLE", privileges.on_table(relation))
        statements.append(_statement(f"REVOKE ALL ON {kind} public.{{}} FROM {{}}", relation, role))
        # The rights are words of our own table of privileges, not of a user's.
        statements.append(_statement(f"GRANT {', '.join(rights)} ON {kind} public.{{}} TO {{}}", relation, role))
    connection.execute(sql.SQL("; ").join(statements))  # some sixty statements in one round trip


def _make_role(admin: Connection, role: str, password: str) -> None:
    found = admin.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).rowcount
    statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}" if found else "CREATE ROLE {} LOGIN PASSWORD {}")
    admin.execute(statement.format(sql.Identifier(role), sql.Literal(password)))


def _make_database(admin: Connection, service: ServicePrivileges) -> None:
    if admin.execute("SELECT FROM pg_database WHERE datname = %s", (service.database,)).rowcount:
        _run(admin, "ALTER DATABASE {} OWNER TO {}", service.database, service.owner)
    else:
        # A copy made of files is three times quicker than one that goes through the write-ahead log.
        made = "CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0 STRATEGY file_copy"
        _run(admin, made, service.database, service.owner)
    # Without the rights that PostgreSQL gives to everybody: to connect, and to make temporary tables.
    _run(admin, "REVOKE ALL ON DATABASE {} FROM PUBLIC", service.database)
    _run(admin, "GRANT CONNECT ON DATABASE {} TO {}", service.database, service.role)


def _run(connection: Connection, statement: str, *names: str) -> None:
    """Runs `statement` with `names` in its places."""
    connection.execute(_statement(statement, *names))


def _statement(statement: str, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*(sql.Identifier(name) for name in names))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m chassis.privileges.roles", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where admin_url and roles.json are")
    parser.add_argument("--file", type=Path, required=True, help="the table of privileges, deploy/privileges.toml")
    parser.add_argument("--wait", type=float, default=0, help="seconds to wait for the database server to answer")
    options = parser.parse_args(arguments)
    try:
        passwords = json.loads((options.folder / "roles.json").read_text())
        admin_url = (options.folder / "admin_url").read_text().strip()
        _wait_for(admin_url, options.wait)
        apply(admin_url, load(options.file), passwords)
    except (OSError, WrongTable, psycopg.Error) as fault:
        sys.stderr.write(f"roles: {fault}\n")
        return 1
    except KeyError as fault:
        sys.stderr.write(f"roles: {options.folder / 'roles.json'} has no password for the role {fault}\n")
        return 1
    sys.stdout.write("roles: each service has its own, and its tables belong to another\n")
    return 0


def _wait_for(url: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    raise SystemExit(main())
