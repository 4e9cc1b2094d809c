"""The whole system on this machine: broker, databases, mailbox and the four services, started, watched and stopped."""

from __future__ import annotations

import functools
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
from typing import IO

from cqolocal import paths
from cqolocal.databases import Databases
from cqolocal.names import HTTP_PORTS, SERVICES, WORKER_PORTS
from cqolocal.supervisor import Supervisor
from programme.keys import Keys
from servers import CannotRun, PostgresServer, RabbitServer, rabbitmq_in, start_postgres
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
        self.supervisor = Supervisor(self.logs, lambda text: self.report(text), paths.PROJECT)
        self.lock: IO[str] | None = None
        self.http_ports = {service: free_port(HTTP_PORTS[service]) for service in SERVICES}
        self.worker_ports = {service: free_port(WORKER_PORTS[service]) for service in SERVICES}
        self.smtp_port = free_port()

    @functools.cached_property
    def keys(self) -> Keys:
        """The installation's keys, made at the first use."""
        return Keys(self.folder / "secrets")

    def start(self, fresh: bool = False) -> None:
        """Starts everything and returns when all services are ready; `fresh` forgets what was there before."""
        self.lock = paths.lock_folder(self.folder)
        if fresh:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.mail_folder.mkdir(exist_ok=True)
        secrets = self.keys.environment()
        with ThreadPoolExecutor(3) as pool:
            address = pool.submit(self._find_broker)
            broker = pool.submit(self._start_broker, address)
            database = pool.submit(self._start_database, secrets)
            database.result()
            address.result()
            # The services need the tables; they wait themselves for the broker, which takes the longest.
            self.report("starting registry, training, notifications and reporting")
            self._start_mailbox()
            for service in SERVICES:
                self.supervisor.start(service, [sys.executable, "-m", "chassis.main", service], self.environ)
            broker.result()
        self._wait_until_ready()
        self.supervisor.watched.append(self._restart_servers)

    def stop(self) -> None:
        """Stops everything in order; the data stay."""
        self.supervisor.stop()
        with ThreadPoolExecutor(2) as pool:
            for server in (self.broker, self.postgres):
                if server is not None:
                    pool.submit(server.stop)
        if self.lock is not None:
            self.lock.close()

    def _find_broker(self) -> None:
        """Puts the broker's URL into `environ`, which the services need before it runs."""
        given = os.environ.get("CQO_AMQP_URL")
        if not given:
            self.broker = rabbitmq_in(self.folder / "rabbitmq", management=False)
            given = self.broker.amqp_url
        self.environ["CQO_AMQP_URL"] = given

    def _start_broker(self, address: Future[None]) -> None:
        address.result()
        arguments = ("apply", "--file", str(paths.TOPOLOGY), "--wait", "90")
        # The job takes a while to load, so it is begun first; it waits for the broker itself.
        with self._job("the broker's exchanges and queues", "chassis.broker.topology", *arguments):
            if self.broker is not None:
                self.report("starting RabbitMQ")
                self.broker.start()

    def _start_database(self, secrets: Mapping[str, str]) -> None:
        given = {service: os.environ.get(f"CQO_DATABASE_URL_{service.upper()}") for service in SERVICES}
        if not all(given.values()):
            self.report("starting PostgreSQL")
            self.postgres = start_postgres(self.folder / "postgres")
            self.databases = Databases(self.postgres, self.folder / "secrets" / "databases.json")
            self.databases.create()
        self.environ.update({**self._settings(given), **secrets})
        with self._job("the tables and the divisions", "chassis.process.migrate", ",".join(SERVICES), "upgrade"):
            pass

    def _settings(self, databases: Mapping[str, str | None]) -> dict[str, str]:
        """The environment of the services; `databases` are the URLs that the user has given, by service."""
        settings = {
            "CQO_ENV": "local",
            "CQO_HTTP_HOST": "127.0.0.1",
            "CQO_SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "CQO_CLOCK_OFFSET_FILE": str(self.clock_file),
            "CQO_NOTICE_DAYS": "2000",  # the demo plays three years, and counts the notices of all of them
        }
        others = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
        direct = ",".join(filter(None, ("127.0.0.1", "localhost", others)))
        settings |= {"NO_PROXY": direct, "no_proxy": direct}
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
        where = ["--port", str(self.smtp_port), "--folder", str(self.mail_folder)]
        self.supervisor.start("mailbox", [sys.executable, "-m", "servers.mailbox", *where], {})

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        for service in SERVICES:
            while not self.is_ready(service):
                if time.monotonic() > deadline or self.supervisor.tasks[service].deaths > 3:
                    log = self.logs / f"{service}.log"
                    raise CannotRun(f"{service} is not ready: {last_line(log)}; see {log}")
                time.sleep(0.05)

    def _restart_servers(self) -> None:
        """Starts the broker or the database again when it has died."""
        for name, server in (("RabbitMQ", self.broker), ("PostgreSQL", self.postgres)):
            if server is not None and not server.alive:
                self.report(f"{name} ended; it is started again")
                server.start()
                self.report(f"{name} is back")

    def url(self, service: str) -> str:
        """The URL of the service's API."""
        return f"http://127.0.0.1:{self.http_ports[service]}"

    def token(
        self, role: str, division: str | None = None, enterprise: str | None = None, person: str | None = None
    ) -> str:
        """A bearer token for `role`, with the claims that are given."""
        return self.keys.token(role, division=division, enterprise=enterprise, person=person)

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


# Loopback is never reached through a proxy, whatever the machine's environment says.
WITHOUT_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def answers_ok(url: str) -> bool:
    """Whether a GET of `url`, on loopback, is answered with 200."""
    try:
        with WITHOUT_PROXY.open(url, timeout=3) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def last_line(log: Path) -> str:
    """The last line of a log, for a message of one line."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return lines[-1][:400] if lines else "it has written nothing"
