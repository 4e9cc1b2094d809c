"""Measures how many bytes events take on disk: in a publisher's outbox, and beside it in what is kept of each object.

    ./cqo bench growth [--events 20000] [--json]

For each type of event its example is published so many times, each for an object of its own, and the tables' sizes with
their indexes are read. A server named by CQO_TEST_POSTGRES_URL (a superuser's) is used; otherwise a private one is
started.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
import report
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis.data import chassis_tables
from chassis.messaging.outbox.heads import digest_more

CONTRACTS = Path(__file__).resolve().parents[1] / "services"
Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape
BATCH = 500
ANNOUNCE = (
    "INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, data, division, correlation_id, "
    "occurred_at) SELECT gen_random_uuid(), %(kind)s, gen_random_uuid(), 1, %(type)s, %(data)s, '220102', "
    "gen_random_uuid(), now() FROM generate_series(1, %(number)s)"
)
PUBLISH = (
    "UPDATE outbox SET published_at = now(), feed_position = (SELECT count(*) FROM outbox WHERE published_at >= "
    "'2000-01-01') + batch.place FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS place FROM outbox "
    "WHERE published_at IS NULL ORDER BY seq LIMIT %s) AS batch WHERE outbox.seq = batch.seq AND published_at IS NULL"
)
CURSORS = (
    "INSERT INTO inbox_cursor (aggregate, version, event_id, event_time) "
    "SELECT aggregate_type || ':' || aggregate_id, version, event_id::text, occurred_at FROM outbox_head"
)
SIZE = (
    "SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class "
    "WHERE relkind = 'r' AND relname ~ %s AND relname <> 'outbox_unpublished'"
)


def examples() -> Iterator[dict[str, Any]]:
    """The example of each type of event, as its publisher's contract has it."""
    for path in sorted(CONTRACTS.glob("*/contracts/*.example.json")):
        yield json.loads(path.read_text())


def measure(url: str, example: dict[str, Any], events: int) -> tuple[float, float, float]:
    """Bytes of 1,000 events in the outbox, of 1,000 heads, and of 1,000 cursors at a reader."""
    kind = example["type"].partition(".")[0]
    row = {"kind": kind, "type": example["type"], "data": json.dumps(example["data"]), "number": events}
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        migration = MigrationContext.configure(connection)
        with migration.begin_transaction(), Operations.context(migration) as operations:
            chassis_tables.create_all(operations)
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(ANNOUNCE, row)
        for _ in range(0, events, BATCH):
            database.execute(PUBLISH, (BATCH,))
        with Session(engine) as session:
            while digest_more(session):
                session.commit()
            session.commit()
        database.execute(CURSORS)
        sizes = [size(database, name) for name in (r"^outbox_\d{4}_\d\d$", "^outbox_head$", "^inbox_cursor$")]
    engine.dispose()
    return sizes[0] * 1000 / events, sizes[1] * 1000 / events, sizes[2] * 1000 / events


def size(database: Connection, name: str) -> int:
    found = database.execute(SIZE, (name,)).fetchone()
    return int(found[0]) if found else 0


@contextmanager
def database_of(admin_url: str, number: int) -> Iterator[str]:
    """A new database, removed at the end."""
    name = f"growth_{os.getpid()}_{number}"
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield make_url(admin_url).set(database=name).render_as_string(hide_password=False)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./cqo bench growth", description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=20_000, help="events of each type (20000)")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    options = parser.parse_args(arguments)
    machine, rows = report.Machine.now(), []
    with tempfile.TemporaryDirectory(prefix="cqo-bench-") as folder, ExitStack() as stack:
        admin_url = os.environ.get("CQO_TEST_POSTGRES_URL")
        if not admin_url:
            from servers import start_postgres

            server = start_postgres(Path(folder) / "postgres")
            stack.callback(server.remove)
            admin_url = server.url
        for number, example in enumerate(examples()):
            with database_of(admin_url, number) as url:
                found = measure(url, example, options.events)
            where = ("in the outbox", "its heads", "cursors of a reader")
            rows += [
                report.plain(f"{example['type']}: {name}", each / 1000, "kB for 1,000")
                for name, each in zip(where, found, strict=True)
            ]
    return report.finish("growth", rows, machine, options.json)


if __name__ == "__main__":
    raise SystemExit(main())
