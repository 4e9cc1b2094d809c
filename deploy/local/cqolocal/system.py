"""The whole system on this machine: broker, databases, mailbox and the four services, started, watched and stopped."""

from __future__ import annotations

import functools
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO

from chassis import privileges
from chassis.broker import LOST, topology
from chassis.privileges import roles, users
from chassis.settings import read_one
from cqolocal import databases, paths
from cqolocal.jobs import Jobs
from cqolocal.language import tr
from cqolocal.names import HTTP_PORTS, SERVICES, WORKER_PORTS
from cqolocal.probing import answers_ok, end_of, given_urls
from cqolocal.progress import Progress
from cqolocal.supervisor import Supervisor
from programme.secrets import Secrets
from servers import CannotRun, PostgresServer, RabbitServer, rabbitmq_in, start_postgres
from servers.paths import require_space
from servers.process import free_port, keep_short, listens

READY_WITHIN = 60  # seconds
LOOK_AT_LOGS_EVERY = 10  # seconds
Report = Callable[[str], None]


class System:
    """One running copy of the system, which keeps everything in `folder`.

    Real servers are used instead of embedded ones where CQO_AMQP_URL or CQO_DATABASE_URL_<SERVICE> name them. Without
    `management` no other system gets a queue of its own; the broker starts 1 s and stops 5 s sooner.
    """

    def __init__(self, folder: Path, report: Report, management: bool = False) -> None:
        self.folder, self.report, self.management = folder, report, management
        self.mail_folder = folder / "mail"
        self.logs = folder / "logs"
        self.clock_file = folder / "clock"
        self.broker: RabbitServer | None = None
        self.postgres: PostgresServer | None = None
        self.given = {service: given_urls(service) for service in SERVICES}
        self.supervisor = Supervisor(self.logs, lambda text: self.report(text), paths.PROJECT)
        self.lock: IO[str] | None = None
        self.jobs = Jobs(lambda text: self.report(text))
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
        self.jobs.cancel()
        for server in (self.broker, self.postgres):
            if server is not None:
                server.kill()

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
            self.jobs.require_going_on()
            show(there, total)

        known = users.definitions(self.secrets.privileges, self.secrets.users())
        self.broker = rabbitmq_in(self.folder / "rabbitmq", management=self.management, users=known, tell=tell)

    def _start_broker(self, address: Future[None]) -> None:
        address.result()
        if self.broker is not None:
            self.jobs.require_going_on()
            self.report(tr("starting RabbitMQ"))
            self.broker.start()
        self.jobs.require_going_on()
        self.report(tr("preparing {what}", what=tr("the broker's exchanges and queues")))
        url = self.broker.amqp_url if self.broker else os.environ["CQO_AMQP_URL"]
        try:
            topology.apply(url, topology.load(paths.TOPOLOGY), wait=90)
        except (*LOST, topology.Differs) as fault:
            raise CannotRun(
                "preparing {what} failed: {said}", what=tr("the broker's exchanges and queues"), said=fault
            ) from fault

    def _start_database(self) -> None:
        given = [service for service in SERVICES if "CQO_DATABASE_URL" in self.given[service]]
        embedded = [service for service in SERVICES if service not in given]
        if embedded:
            self.report(tr("starting PostgreSQL"))
            prepared = databases.prepared_folder() if not given else None
            self.postgres = start_postgres(self.folder / "postgres", prepared=prepared)
            self.secrets.write_owners(self.postgres.address)
            if self.postgres.origin == "prepared":
                roles.set_passwords(self.postgres.url, self.secrets.roles())
            else:
                self._prepare(self.postgres, embedded, prepared)
        if given:
            self._migrate(
                given, {f"CQO_DATABASE_URL_{name.upper()}": self.given[name]["CQO_DATABASE_URL"] for name in given}
            )

    def _prepare(self, postgres: PostgresServer, services: Sequence[str], prepared: Path | None) -> None:
        """Makes the roles, and brings the tables of `services` to head; what is new is kept at `prepared`."""
        roles.apply(postgres.url, self.secrets.privileges, self.secrets.roles())
        owners = {f"CQO_DATABASE_URL_{name.upper()}_FILE": str(self.secrets.owner_file(name)) for name in services}
        self._migrate(services, owners, "--privileges", str(paths.PRIVILEGES))
        if prepared and postgres.origin == "empty":
            databases.keep_prepared(postgres, prepared)

    def _migrate(self, services: Sequence[str], databases: Mapping[str, str], *options: str) -> None:
        arguments = (",".join(services), "upgrade", *options)
        self.jobs.run(tr("the tables and the divisions"), "chassis.process.migrate", arguments, databases)

    def _write_secrets(self) -> None:
        """Writes what each service is given; where a server is not ours, the service is told its URL beside it."""
        database, broker = (server.address if server else "" for server in (self.postgres, self.broker))
        management = f"127.0.0.1:{self.broker.management_port}" if self.broker and self.management else ""
        self.secrets.write(database, broker, management)

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
            "CQO_MAIL_JOURNAL": str(self.mail_folder),
            "CQO_CERTIFICATES_URL": self.url("training"),
            "CQO_CLOCK_OFFSET_FILE": str(self.clock_file),
            "CQO_NOTICE_DAYS": "2000",  # the demo plays three years, and counts the notices of all of them
        }
        others = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
        direct = ",".join(filter(None, ("127.0.0.1", "localhost", others)))
        settings |= {"NO_PROXY": direct, "no_proxy": direct}
        settings |= {"CQO_HTTP_PORT": str(self.http_ports[service]), "CQO_WORKER_PORT": str(self.worker_ports[service])}
        return settings | {f"CQO_URL_{each.upper()}": self.url(each) for each in SERVICES}

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
        self,
        role: str,
        division: str | None = None,
        enterprise: str | None = None,
        person: str | None = None,
        subscriber: str | None = None,
    ) -> str:
        """A bearer token for `role`, with the claims that are given."""
        return self.secrets.keys.token(
            role, division=division, enterprise=enterprise, person=person, subscriber=subscriber
        )

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
