"""The whole system on this machine: broker, databases, mailbox and the four services, started, watched and stopped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Any

from cqolocal.databases import Databases
from cqolocal.names import HTTP_PORTS, SERVICES, WORKER_PORTS
from cqolocal.supervisor import Supervisor
from programme.keys import Keys
from servers import PostgresServer, RabbitServer, paths, rabbitmq_in, start_postgres
from servers.paths import CannotRun
from servers.process import free_port, listens

READY_WITHIN = 60  # seconds
Report = Callable[[str], None]


class System:
    """One running copy of the system, which keeps everything in `folder`.

    Real servers are used instead of embedded ones where CQO_AMQP_URL or CQO_DATABASE_URL_<SERVICE> name them.
    """

    def __init__(self, folder: Path, report: Report) -> None:
        self.folder, self.report = folder, report
        self.mail_folder = folder / "mail"
        self.logs = folder / "logs"
        self.clock_file = folder / "clock"
        self.broker: RabbitServer | None = None
        self.postgres: PostgresServer | None = None
        self.databases: Databases | None = None
        self.environ: dict[str, str] = {}
        self.http_ports = {service: free_port(HTTP_PORTS[service]) for service in SERVICES}
        self.worker_ports = {service: free_port(WORKER_PORTS[service]) for service in SERVICES}
        self.smtp_port = free_port()

    # Starting and stopping

    def start(self, fresh: bool = False) -> None:
        """Starts everything and returns when all services are ready; `fresh` forgets what was there before."""
        self.claimed = paths.claim(self.folder)
        if fresh:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.mail_folder.mkdir(exist_ok=True)
        self.keys = Keys(self.folder / "secrets")
        self.supervisor = Supervisor(self.logs, self.report, paths.PROJECT)
        with ThreadPoolExecutor(3) as pool:
            prepared = pool.submit(self._prepare_broker)
            broker = pool.submit(self._start_broker, prepared)
            database = pool.submit(self._start_database)
            for future in (database, prepared):
                future.result()
            # They need the tables; the broker, which takes the longest, they wait for themselves.
            self.report("starting registry, training, notifications and reporting")
            self._start_mailbox()
            for service in SERVICES:
                self.supervisor.start(service, [sys.executable, "-m", "chassis.main", service], self.environ)
            broker.result()
        self._wait_until_ready()
        self.supervisor.watched.append(self._look_after_servers)

    def stop(self) -> None:
        """Stops everything in order; the data stay."""
        if hasattr(self, "supervisor"):
            self.supervisor.stop()
        with ThreadPoolExecutor(2) as pool:
            for server in (self.broker, self.postgres):
                if server is not None:
                    pool.submit(server.stop)
        if hasattr(self, "claimed"):
            self.claimed.close()

    def _prepare_broker(self) -> None:
        """Makes the broker's address known."""
        given = os.environ.get("CQO_AMQP_URL")
        if not given:
            self.broker = rabbitmq_in(self.folder / "rabbitmq", management=False)
            given = self.broker.amqp_url
        self.environ["CQO_AMQP_URL"] = given

    def _start_broker(self, prepared: Future[None]) -> None:
        prepared.result()
        with self._job(
            "the broker's exchanges and queues",
            "chassis.messaging.topology",
            "apply",
            "--file",
            str(paths.TOPOLOGY),
            "--wait",
            "90",
        ):
            if self.broker is not None:
                self.report("starting RabbitMQ")
                self.broker.start()

    def _start_database(self) -> None:
        given = {service: os.environ.get(f"CQO_DATABASE_URL_{service.upper()}") for service in SERVICES}
        if not all(given.values()):
            self.report("starting PostgreSQL")
            self.postgres = start_postgres(self.folder / "postgres")
            self.databases = Databases(self.postgres, self.folder / "secrets" / "databases.json")
            self.databases.create()
        self.environ.update(self._settings(given))
        with self._job("the tables and the divisions", "chassis.process.migrate", ",".join(SERVICES), "upgrade"):
            pass

    def _settings(self, databases: Mapping[str, str | None]) -> dict[str, str]:
        settings = {
            "CQO_ENV": "local",
            "CQO_HTTP_HOST": "127.0.0.1",
            "CQO_SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "CQO_CLOCK_OFFSET_FILE": str(self.clock_file),
            **self.keys.environment(),
        }
        for service in SERVICES:
            name = service.upper()
            embedded = self.databases.url_of(service) if self.databases else ""
            settings[f"CQO_DATABASE_URL_{name}"] = databases[service] or embedded
            settings[f"CQO_HTTP_PORT_{name}"] = str(self.http_ports[service])
            settings[f"CQO_WORKER_PORT_{name}"] = str(self.worker_ports[service])
            settings[f"CQO_URL_{name}"] = self.url(service)
        return settings

    @contextmanager
    def _job(self, what: str, module: str, *arguments: str) -> Iterator[None]:
        """A one-shot job, as a deployment runs it: begun before the block, waited for after it."""
        self.report(f"preparing {what}")
        command = [sys.executable, "-m", module, *arguments]
        environ = {**os.environ, **self.environ}
        with subprocess.Popen(command, env=environ, stdout=PIPE, stderr=STDOUT, text=True, cwd=paths.PROJECT) as job:
            try:
                yield
            except BaseException:
                job.kill()
                raise
            said = job.communicate()[0].strip()
        if job.returncode:
            raise CannotRun(f"preparing {what} failed ({' '.join(command[1:])}): {said[-1500:]}")

    def _start_mailbox(self) -> None:
        command = [
            sys.executable,
            "-m",
            "servers.mailbox",
            "--port",
            str(self.smtp_port),
            "--folder",
            str(self.mail_folder),
        ]
        self.supervisor.start("mailbox", command, {})

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        for service in SERVICES:
            while not self.is_ready(service):
                if time.monotonic() > deadline or self.supervisor.tasks[service].deaths > 3:
                    log = self.logs / f"{service}.log"
                    raise CannotRun(f"{service} is not ready: {_last_line(log)}; see {log}")
                time.sleep(0.05)

    def _look_after_servers(self) -> None:
        """Starts the broker or the database again when it has died."""
        for name, server in (("RabbitMQ", self.broker), ("PostgreSQL", self.postgres)):
            if server is not None and not server.alive:
                self.report(f"{name} ended; it is started again")
                server.start()
                self.report(f"{name} is back")

    # Asking and moving

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.http_ports[service]}"

    def token(self, role: str, **claims: Any) -> str:
        """A bearer token; `claims` are division, enterprise and person."""
        return self.keys.token(role, **claims)

    def is_ready(self, service: str) -> bool:
        """Whether the API and the worker of `service` both say that they are."""
        worker = f"http://127.0.0.1:{self.worker_ports[service]}"
        return all(answers_ok(f"{url}/health/ready") for url in (self.url(service), worker))

    def kill(self, name: str) -> None:
        """SIGKILL to the process `name`, which the supervisor starts again."""
        self.supervisor.kill(name)

    def kill_broker(self) -> None:
        """SIGKILL to the broker's node, which is started again; not while it is still starting."""
        if self.broker is not None and listens(self.broker.port):
            self.broker.kill()

    def kill_connection(self) -> None:
        """Ends one database connection of a service, chosen at random."""
        if self.databases is not None:
            self.databases.kill_connection()

    def move_clock(self, day: date) -> None:
        """Moves the clock of all services to 10:00 of `day` in Jilin."""
        target = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
        paths.write_atomically(self.clock_file, str((target - datetime.now(UTC)).total_seconds()))


def answers_ok(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return lines[-1][:400] if lines else "it has written nothing"
