"""The real services on private servers: each with its own migrated database, its API and worker as own processes."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import psycopg

from chassis.broker import topology
from servers import PostgresServer, start_postgres, start_rabbitmq
from testkit.client import Client
from testkit.privileges import Databases, ServiceCredentials, broker_urls, broker_users
from testkit.secrets import TokenSigner, secrets_for_tests
from testkit.services import RunningService

TOPOLOGY = Path(__file__).resolve().parents[1] / "deploy" / "rabbitmq" / "definitions.json"


class Installation:
    """The servers, the databases, and what runs on them."""

    def __init__(self, folder: Path, stack: ExitStack, broker: bool) -> None:
        """Without a `broker` what is announced waits in the outboxes."""
        self.folder, self.stack = folder, stack
        self.postgres: PostgresServer = start_postgres(folder / "postgres")
        stack.callback(self.postgres.remove)
        self.credentials = ServiceCredentials()
        self.amqp_url = "amqp://none:none@127.0.0.1:1/"
        if broker:
            rabbitmq = start_rabbitmq(folder / "rabbitmq", management=False, users=broker_users())
            stack.callback(rabbitmq.remove)
            self.credentials.brokers[rabbitmq.amqp_url] = broker_urls(rabbitmq)
            self.amqp_url = rabbitmq.amqp_url
            topology.apply(self.amqp_url, topology.load(TOPOLOGY))
        self.databases = self.credentials.databases = Databases(self.postgres.url)
        self.signer = TokenSigner(folder)
        self.secrets = secrets_for_tests()
        self.urls: dict[str, str] = {}
        self.started = 0

    def database(self, service: str) -> str:
        """The superuser's URL of the service's database, made at the first call."""
        if service not in self.urls:
            self.urls[service] = self.databases.create(service)
        return self.urls[service]

    def start(self, service: str, process: str, ready: bool = True, **settings: object) -> RunningService:
        """A process of a service, killed at the end."""
        self.started += 1
        common = {"jwks": self.signer.jwks, "feed_token": self.signer.token("service"), "log_level": "WARNING"}
        common |= {"database_url": self.database(service), "amqp_url": self.amqp_url, "smtp_url": "smtp://127.0.0.1:1"}
        log = self.folder / f"{self.started}-{service}-{process}.log"

        def own(given: dict[str, object]) -> dict[str, object]:
            return self.credentials(service, given)

        running = RunningService(service, process, {**self.secrets, **common, **settings}, log, own)
        self.stack.callback(running.kill)
        return running.start(ready)

    def client(self, running: RunningService, role: str = "province") -> Client:
        """A caller of the API that keeps its connection."""
        return Client(running.url, self.signer.token(role), timeout=600)

    def server_processor(self) -> float:
        """The seconds of processor that the database server has taken up to now, its ended processes with it."""
        return processor_of(self.postgres.pid)


def processor_of(pid: int) -> float:
    """The seconds of processor that a process and all below it have taken, those that have ended with them."""
    root = psutil.Process(pid)
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        try:
            taken = process.cpu_times()
        except psutil.NoSuchProcess:
            continue  # it has ended since: its parent's figure has it
        total += taken.user + taken.system + taken.children_user + taken.children_system
    return total


def own_processor() -> float:
    """The seconds of processor that this process has taken up to now."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def connect(url: str) -> psycopg.Connection:
    """A connection on which each statement is a transaction of its own."""
    return psycopg.connect(url, autocommit=True)


@contextmanager
def installed(broker: bool = True) -> Iterator[Installation]:
    """Private servers for this run, removed at its end."""
    with tempfile.TemporaryDirectory(prefix="cqo-bench-") as folder, ExitStack() as stack:
        yield Installation(Path(folder), stack, broker)
