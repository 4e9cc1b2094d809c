"""The embedded server's databases: kept as the migrations leave them, and harmed as a failing network harms them."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import psycopg

from cqolocal import paths
from servers import PostgresServer, copies_folder
from servers.paths import locked

PREPARED = "postgres-prepared-"
SOURCES = ("libs", "services", "deploy/privileges.toml", "deploy/local/requirements.lock")
KINDS = (".py", ".toml", ".csv", ".json", ".sql", ".lock")


def prepared_folder() -> Path:
    """Where the databases are kept as this day's migrations of these sources leave them; nothing may be there yet.

    Copying them takes a tenth of the time that migrating does. Another day has others, since tables are cut by months.
    """
    found = hashlib.sha256(str(date.today()).encode())
    for path in _sources():
        found.update(f"{path.relative_to(paths.PROJECT)}\0".encode() + path.read_bytes())
    return copies_folder() / f"{PREPARED}{found.hexdigest()[:16]}"


def _sources() -> Iterator[Path]:
    for name in SOURCES:
        source = paths.PROJECT / name
        files = [source] if source.is_file() else sorted(source.rglob("*"))
        yield from (path for path in files if path.suffix in KINDS and path.is_file() and "tests" not in path.parts)


def keep_prepared(server: PostgresServer, folder: Path) -> None:
    """Keeps the databases of `server`, which is stopped for it, in `folder`; what was kept before goes."""
    with locked(copies_folder() / "prepared.lock"):
        if not folder.exists():
            for former in copies_folder().glob(f"{PREPARED}*"):
                shutil.rmtree(former, ignore_errors=True)
            server.copy_data(folder)


def kill_connection(admin_url: str, roles: Sequence[str]) -> bool:
    """Ends one connection of one of `roles`, chosen at random; False if there was none."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        query = "SELECT pid FROM pg_stat_activity WHERE usename = ANY(%s)"
        rows = connection.execute(query, [list(roles)]).fetchall()
        if not rows:
            return False
        connection.execute("SELECT pg_terminate_backend(%s)", [random.choice(rows)[0]])
        return True
