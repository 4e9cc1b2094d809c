"""The whole system on this machine: broker, databases, mailbox and the four services, started, watched and stopped."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import IO

from chassis import privileges
from chassis.privileges import roles, users
from chassis.settings import read_one
from cqolocal import databases, paths
from cqolocal.language import tr
from cqolocal.names import HTTP_PORTS, SERVICES, WORKER_PORTS
from cqolocal.probing import answers_ok, end_of, given_urls
from cqolocal.progress import Progress
from cqolocal.supervisor import Supervisor, environment
from programme.secrets import Secrets
from servers import CannotRun, PostgresServer, RabbitServer, rabbitmq_in, start_postgres
from servers.paths import require_space
from servers.process import free_port, keep_short, listens

READY_WITHIN = 60  # seconds
LOOK_AT_LOGS_EVERY = 10  # seconds
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
        self.given = {service: given_urls(service) for service in SERVICES}
        self.supervisor = Supervisor(self.logs, lambda text: self.report(text), paths.PROJECT)
        self.lock: IO[str] | None = None
        self._jobs: set[subprocess.Popen[str]] = set()
        self._is_cancelled = threading.Event()
        self._looked_at_logs = 0.0
        self.http_ports = {service: free_port(HTTP_PORTS[service]) for service in SERVICES}
        self.worker_ports = {service: free_port(WORKER_PORTS[service]) for service in SERVICES}
        self.smtp_port = free_port()

    @functools.cached_property
    def secrets(self) -> Secrets:
        """The installation's secrets, made at the first use."""
        return Secrets(self.folder / "secrets", privileges.load(paths.PRIVILEGES))

    def claim(self) -> None:
        """Keeps every other run out of the folder until `stop`; CannotRun if one is in it already."""
        if self.lock is None:
            self.lock = paths.lock_folder(self.folder)

    def start(self, fresh: bool = False) -> None:
        """Starts everything and returns when all services are ready; `fresh` forgets what was there before.

        Ctrl-C ends it at once; `stop` is to be called then as well.
        """
        self.claim()
        if fresh:
            shutil.rmtree(self.folder, ignore_errors=True)
        for folder in (self.folder, self.mail_folder, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)  # queues, logs and letters hold names, and not every server keeps its files to itself
        self.secrets.users()  # the secrets are made before two threads ask for them at once
        with ThreadPoolExecutor(3) as pool:
            try:
                address = pool.submit(self._find_broker)
                broker = pool.submit(self._start_broker, address)
                database = pool.submit(self._start_database)
                database.result()
                address.result()
                self._write_secrets()
                # The services need the tables; they wait themselves for the broker, which takes the longest.
                self._start_services()
                broker.result()
            except BaseException:
                self._cancel()  # else the pool would wait for what nobody needs any more
                raise
        self._wait_until_ready()
        self.supervisor.watched += [self._restart_servers, self._keep_logs_short]

    def _start_services(self) -> None:
        self.report(tr("starting registry, training, notifications and reporting"))
        self._start_mailbox()
        for service in SERVICES:
            self.supervisor.start(
                service, [sys.executable, "-m", "chassis.main", service], self.environment_of(service)
            )

    def _cancel(self) -> None:
        """Ends what the start is waiting for."""
        self._is_cancelled.set()
        for job in list(self._jobs):
            job.kill()
        for server in (self.broker, self.postgres):
            if server is not None:
                server.kill()

    def _require_going_on(self) -> None:
        if self._is_cancelled.is_set():
            raise CannotRun("it was stopped before it was ready")

    def stop(self, keep: bool = True) -> None:
        """Stops everything in order; the data stay. If they are not to be kept, the servers need not write them out."""
        self.supervisor.stop()
        with ThreadPoolExecutor(2) as pool:
            for server in (self.broker, self.postgres):
                if server is not None:
                    pool.submit(server.stop if keep else server.kill)
        if self.lock is not None:
            self.lock.close()

    def _find_broker(self) -> None:
        """Chooses the broker's address, which the services need before it runs."""
        if os.environ.get("CQO_AMQP_URL"):
            return
        show = Progress(tr("fetching RabbitMQ"), self.report)

        def tell(there: int, total: int | None) -> None:
            self._require_going_on()
            show(there, total)

        known = users.definitions(self.secrets.privileges, self.secrets.users())
        self.broker = rabbitmq_in(self.folder / "rabbitmq", management=False, users=known, tell=tell)

    def _start_broker(self, address: Future[None]) -> None:
        address.result()
        arguments = ("apply", "--file", str(paths.TOPOLOGY), "--wait", "90")
        administrator = {"CQO_AMQP_URL": self.broker.amqp_url if self.broker else os.environ["CQO_AMQP_URL"]}
        # The job takes a while to load, so it is begun first; it waits for the broker itself.
        with self._job(tr("the broker's exchanges and queues"), "chassis.broker.topology", arguments, administrator):
            if self.broker is not None:
                self._require_going_on()
                self.report(tr("starting RabbitMQ"))
                self.broker.start()

    def _start_database(self) -> None:
        given = [service for service in SERVICES if "CQO_DATABASE_URL" in self.given[service]]
        embedded = [service for service in SERVICES if service not in given]
        if embedded:
            self.report(tr("starting PostgreSQL"))
            self.postgres = start_postgres(self.folder / "postgres")
            roles.apply(self.postgres.url, self.secrets.privileges, self.secrets.roles())
            self.secrets.write_owners(self.postgres.address)
            owners = {f"CQO_DATABASE_URL_{name.upper()}_FILE": str(self.secrets.owner_file(name)) for name in embedded}
            self._migrate(embedded, owners, "--privileges", str(paths.PRIVILEGES))
        if given:
            self._migrate(
                given, {f"CQO_DATABASE_URL_{name.upper()}": self.given[name]["CQO_DATABASE_URL"] for name in given}
            )

    def _migrate(self, services: Sequence[str], databases: Mapping[str, str], *options: str) -> None:
        arguments = (",".join(services), "upgrade", *options)
        with self._job(tr("the tables and the divisions"), "chassis.process.migrate", arguments, databases):
            pass

    def _write_secrets(self) -> None:
        """Writes what each service is given; where a server is not ours, the service is told its URL beside it."""
        self.secrets.write(*(server.address if server else "" for server in (self.postgres, self.broker)))

    def environment_of(self, service: str) -> dict[str, str]:
        """The settings of the processes of `service`: its own credentials, and no other's."""
        return self._settings(service) | self.secrets.environment(service) | self.given[service]

    def database_url(self, service: str) -> str:
        """The URL by which `service` reaches its database."""
        return read_one("database_url", service, self.environment_of(service))

    def _settings(self, service: str) -> dict[str, str]:
        settings = {
            "CQO_ENV": "local",
            "CQO_HTTP_HOST": "127.0.0.1",
            "CQO_DRAIN_SECONDS": "0",  # there is no second replica that requests could go to meanwhile
            "CQO_SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "CQO_CERTIFICATES_URL": self.url("training"),
            "CQO_CLOCK_OFFSET_FILE": str(self.clock_file),
            "CQO_NOTICE_DAYS": "2000",  # the demo plays three years, and counts the notices of all of them
        }
        others = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
        direct = ",".join(filter(None, ("127.0.0.1", "localhost", others)))
        settings |= {"NO_PROXY": direct, "no_proxy": direct}
        settings |= {"CQO_HTTP_PORT": str(self.http_ports[service]), "CQO_WORKER_PORT": str(self.worker_ports[service])}
        return settings | {f"CQO_URL_{each.upper()}": self.url(each) for each in SERVICES}

    @contextmanager
    def _job(self, what: str, module: str, arguments: Sequence[str], environ: Mapping[str, str]) -> Iterator[None]:
        """A one-shot job, as a deployment runs it: begun before the block, waited for after it."""
        self._require_going_on()
        self.report(tr("preparing {what}", what=what))
        command = [sys.executable, "-m", module, *arguments]
        with subprocess.Popen(
            command, env=environment(environ), stdout=PIPE, stderr=STDOUT, text=True, cwd=paths.PROJECT
        ) as job:
            self._jobs.add(job)
            try:
                yield
            except BaseException:
                job.kill()
                raise
            said = job.communicate()[0].strip()
            self._jobs.discard(job)
        if job.returncode:
            self._require_going_on()
            require_space()
            raise CannotRun(
                "preparing {what} failed ({command}): {said}",
                what=what,
                command=" ".join(command[1:]),
                said=said[-1500:],
            )

    def _start_mailbox(self) -> None:
        where = ["--port", str(self.smtp_port), "--folder", str(self.mail_folder)]
        self.supervisor.start("mailbox", [sys.executable, "-m", "servers.mailbox", *where], {})

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        for service in SERVICES:
            while not self.is_ready(service):
                if time.monotonic() > deadline or self.supervisor.tasks[service].deaths > 3:
                    require_space()
                    log = self.logs / f"{service}.log"
                    raise CannotRun(
                        "{service} is not ready: {said}; see {log}", service=service, said=end_of(log), log=log
                    )
                time.sleep(0.05)

    def _restart_servers(self) -> None:
        """Starts the broker or the database again when it has died."""
        for name, server in (("RabbitMQ", self.broker), ("PostgreSQL", self.postgres)):
            if server is not None and not server.alive:
                self.report(tr("{name} ended; it is started again", name=name))
                server.start()
                self.report(tr("{name} is back", name=name))

    def _keep_logs_short(self) -> None:
        """Cuts logs that have grown long; looks once in LOOK_AT_LOGS_EVERY seconds."""
        if time.monotonic() - self._looked_at_logs < LOOK_AT_LOGS_EVERY:
            return
        self._looked_at_logs = time.monotonic()
        for log in self.folder.glob("**/*.log"):
            keep_short(log)

    def url(self, service: str) -> str:
        """The URL of the service's API."""
        return f"http://127.0.0.1:{self.http_ports[service]}"

    def token(
        self, role: str, division: str | None = None, enterprise: str | None = None, person: str | None = None
    ) -> str:
        """A bearer token for `role`, with the claims that are given."""
        return self.secrets.keys.token(role, division=division, enterprise=enterprise, person=person)

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
        if self.postgres is not None:
            databases.kill_connection(
                self.postgres.url, [each.role for each in self.secrets.privileges.services.values()]
            )

    def move_clock(self, day: date) -> None:
        """Moves the clock of all services to 10:00 of `day` in Jilin."""
        target = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
        paths.write_atomically(self.clock_file, str((target - datetime.now(UTC)).total_seconds()))
