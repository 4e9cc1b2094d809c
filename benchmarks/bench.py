"""The servers and processes of a benchmark: a database for each process that keeps something, and one broker."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import amqp
import bare
import psycopg
import workload
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from chassis.broker import topology
from chassis.data import chassis_tables

HERE = Path(__file__).resolve().parent
DEFINITIONS: topology.Definitions = {
    "exchanges": [{"name": "maker.events", "type": "topic", "arguments": {}}],
    "queues": [
        {
            "name": "taker.inbox",
            "arguments": {
                "x-queue-type": "quorum",
                "x-dead-letter-exchange": "cqo.dead",
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
                "x-delivery-limit": 100,
            },
        },
        {"name": "taker.dead", "arguments": {"x-queue-type": "quorum"}},
        {"name": bare.QUEUE, "arguments": {"x-queue-type": "quorum"}},
    ],
    "bindings": [{"source": "maker.events", "destination": "taker.inbox", "routing_key": "item.#"}],
}


class Bench:
    """The servers, and one database for each process that keeps something."""

    def __init__(self, postgres_url: str, amqp_url: str, folder: Path, stack: ExitStack) -> None:
        self.postgres_url, self.amqp_url, self.folder, self.stack = postgres_url, amqp_url, folder, stack
        self.processes: list[subprocess.Popen[bytes]] = []
        topology.apply(amqp_url, DEFINITIONS)

    def database(self, name: str) -> str:
        """A new database with the tables of the chassis and of the work."""
        name = f"bench_{name}_{os.getpid()}"
        self._admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
        self.stack.callback(self._admin, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        url = make_url(self.postgres_url).set(database=name)
        engine = create_engine(url.set(drivername="postgresql+psycopg"))
        with engine.connect() as connection:
            migration = MigrationContext.configure(connection)
            with migration.begin_transaction(), Operations.context(migration) as operations:
                chassis_tables.create_all(operations)
                operations.execute(workload.TABLES)
        engine.dispose()
        return url.render_as_string(hide_password=False)

    def _admin(self, *statements: str) -> None:
        with psycopg.connect(self.postgres_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    @contextmanager
    def process(self, *command: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
        """A Python process, ended at the end of the block."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CQO_")}
        environ |= {f"CQO_{name.upper()}": value for name, value in settings.items()}
        log = self.folder / f"{len(list(self.folder.iterdir()))}.log"
        with log.open("wb") as output:
            child = subprocess.Popen([sys.executable, *command], env=environ, stdout=output, stderr=output, cwd=HERE)
        try:
            yield child
        except AssertionError as late:
            raise SystemExit(f"{late}; {' '.join(command[:3])} ended with: {log.read_text()[-2000:]}") from late
        finally:
            child.terminate()
            child.wait()

    def worker(self, service: str, database: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """A nameko worker of the chassis."""
        settings = {"database_url": database, "amqp_url": self.amqp_url, "jwks": "none", "env": "local"}
        return self.process("-m", "chassis.main", service, "worker", log_level="WARNING", **settings)

    def consumers(self, queue: str) -> int:
        connection = bare.connect(self.amqp_url)
        try:
            return int(connection.channel().queue_declare(queue, passive=True).consumer_count)
        except amqp.exceptions.NotFound:
            return 0
        finally:
            connection.close()


@contextmanager
def servers() -> Iterator[Bench]:
    """The servers of the environment, or private ones for this run."""
    with tempfile.TemporaryDirectory(prefix="cqo-bench-") as folder, ExitStack() as stack:
        postgres_url, amqp_url = os.environ.get("CQO_TEST_POSTGRES_URL"), os.environ.get("CQO_TEST_AMQP_URL")
        if not (postgres_url and amqp_url):
            from servers import start_postgres, start_rabbitmq

            postgres = start_postgres(Path(folder) / "postgres")
            stack.callback(postgres.remove)
            rabbitmq = start_rabbitmq(Path(folder) / "rabbitmq", management=False)
            stack.callback(rabbitmq.remove)
            postgres_url, amqp_url = postgres.url, rabbitmq.amqp_url
        logs = Path(folder) / "logs"
        logs.mkdir()
        yield Bench(postgres_url, amqp_url, logs, stack)
