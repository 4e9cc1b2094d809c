"""Makes the material in `0.1.0/`: the databases and the broker of a small installation, as version 0.1.0 leaves them.

It runs inside a checkout of 0.1.0, with that one's environment and modules; README.md has the command. What it makes is
what is there after step 4 of the runbook's "Upgrading from 0.1.0", with something of everything still under way.
Everything in it is synthetic, the keys too.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import xlsxwriter
from python_calamine import CalamineWorkbook

from chassis import broker
from cqolocal import paths
from cqolocal.demo import scenario
from cqolocal.demo.client import Caller
from cqolocal.names import SERVICES
from cqolocal.system import System

ENTERPRISES = 30
scenario.PLACES, scenario.APPOINTMENTS = 12, 6
STAFFED = ("220000", "220102", "220106", "220122")  # divisions whose staff have an address
LEFT_ON = date(2026, 4, 1)  # the day on which the old installation stands still
SECRETS = {  # the settings, and the files of 0.1.0's local run
    "pii_key": "pii_key",
    "pii_index_key": "pii_index_key",
    "contact_public_key": "contact_public.jwk",
    "contact_private_key": "contact_private.jwk",
}


class Installation(System):
    """The system of 0.1.0, its APIs and workers as processes of their own, which can be stopped one by one."""

    def separate(self) -> None:
        """API and worker of each service apart from each other."""
        for service in SERVICES:
            self.end(service)
            self.begin(f"{service}-api", f"{service}-worker")
        wait_for(lambda: all(self.is_ready(service) for service in SERVICES))

    def begin(self, *names: str) -> None:
        for name in names:
            command = [sys.executable, "-m", "chassis.run", *name.split("-")]
            self.supervisor.start(name, command, self.environ)

    def end(self, *names: str) -> None:
        """Ends processes in order, for good."""
        for name in names:
            with self.supervisor._lock:
                child = self.supervisor.tasks.pop(name).child
            child.end()

    @contextlib.contextmanager
    def database(self, name: str) -> Iterator[psycopg.Connection[Any]]:
        assert self.postgres is not None
        with psycopg.connect(self.postgres.url_of(name, "postgres", self.postgres.password), autocommit=True) as found:
            yield found

    def scalar(self, name: str, query: str) -> Any:
        with self.database(name) as database:
            return database.execute(query).fetchone()[0]

    @contextlib.contextmanager
    def relay_held_up(self, name: str) -> Iterator[None]:
        """Nothing is published meanwhile: the lock of the relay's leader is taken away."""
        with self.database(name) as database:
            leader = database.execute(
                "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
                "AND objid::bigint = hashtext('cqo.relay')::bigint & 4294967295"
            ).fetchone()
            assert leader
            with self.database(name) as other:
                # It comes to the lock while the leader's session ends, before that has begun another one.
                other.execute("SELECT pg_terminate_backend(%s)", leader)
                database.execute("SELECT pg_advisory_lock(hashtext('cqo.relay'))")
            yield

    def take(self, queue: str, count: int) -> list[dict[str, str]]:
        """Takes `count` messages out of a queue, which nobody reads, as the broker holds them."""
        connection = broker.connect(self.environ["CQO_AMQP_URL"], "maker")
        try:
            channel = connection.channel()
            taken = [wait_for(lambda: channel.basic_get(queue, no_ack=True)) for _ in range(count)]
            assert channel.basic_get(queue) is None, f"more than {count} in {queue}"
        finally:
            broker.close(connection)
        return [
            {
                "exchange": message.delivery_info["exchange"],
                "routing_key": message.delivery_info["routing_key"],
                "message_id": message.properties["message_id"],
                "content_type": message.properties["content_type"],
                "type": message.properties["type"],
                "body": as_text(message.body),
            }
            for message in taken
        ]

    def send_rubbish(self, queue: str) -> None:
        """Something that is no event."""
        from amqp import Message

        connection = broker.connect(self.environ["CQO_AMQP_URL"], "maker")
        try:
            connection.channel().basic_publish(Message(b"no event at all"), exchange="", routing_key=queue)
        finally:
            broker.close(connection)


def make(folder: Path) -> None:
    """Plays a little of the programme on a 0.1.0, stops it half way, and writes what it leaves to `folder`."""
    with tempfile.TemporaryDirectory(prefix="cqo-old-") as place:
        system = Installation(Path(place), say)
        try:
            system.start(fresh=True)
            system.separate()
            queues = play(system)
            write(system, queues, folder)
        finally:
            system.stop()


def play(system: Installation) -> dict[str, list[dict[str, str]]]:
    """The programme up to a moment at which something of everything is under way; returns what the queues hold."""
    played = scenario.Scenario(system, say)
    system.move_clock(scenario.BEGIN)
    rules = played.province.get("notifications", "/rulesets")["items"][0]["parameters"]
    rules["channels_by_kind"] = {"enrolment_result": ["inbox"]}
    published = {"effective_from": str(scenario.BEGIN), "document": "示例文号〔2026〕3号", "parameters": rules}
    played.province.post("notifications", "/rulesets", published)
    for code in STAFFED:
        played.province.put("registry", f"/divisions/{code}/contact", {"email": f"zljd-{code}@gov.example"})
    enterprises, people = workbooks()
    played.province.upload("registry", "/enterprises/import", enterprises)
    played.province.upload("registry", "/people/import", people)
    played.set_targets()
    played.hold_class()
    played.certify()
    played.appoint()
    system.move_clock(LEFT_ON)
    for appointment in played.appointments[:3]:
        played._file(appointment["id"], LEFT_ON)
    played._settle()
    park(system, played)
    return leave_under_way(system, played)


def park(system: Installation, played: scenario.Scenario) -> None:
    """In reporting: an event that failed and one behind it, a delivery's event of the old form, and rubbish."""
    with system.database("reporting") as database:
        database.execute("ALTER TABLE certificate_line ADD CONSTRAINT bug CHECK (status <> 'revoked') NOT VALID")
        database.execute("ALTER TABLE notice ADD CONSTRAINT bug2 CHECK (channel <> 'email') NOT VALID")
        held = played.appointments[5]["person_id"]
        played._revoke(held)
        system.send_rubbish("reporting.inbox")
        states = "SELECT array_agg(DISTINCT state) FROM inbox_parked"
        wait_for(lambda: {"waiting", "dead"} <= set(database.execute(states).fetchone()[0] or ()))
        of_notices = "SELECT count(*) FROM inbox_parked WHERE type LIKE 'notice.%'"
        wait_for(lambda: database.execute(of_notices).fetchone()[0] > 0)
        wait_for(lambda: not scenario.settle(played.ops, 1)["unpublished"] and waiting(system, "reporting.inbox") == 0)
        for table, bug in (("certificate_line", "bug"), ("notice", "bug2")):
            database.execute(f"ALTER TABLE {table} DROP CONSTRAINT {bug}")


def leave_under_way(system: Installation, played: scenario.Scenario) -> dict[str, list[dict[str, str]]]:
    """Messages in every inbox, letters that wait for the mail server, events that no relay has published yet."""
    # One delivery's event of the old form, which came to reporting's queue when that was no longer read.
    system.end("reporting-worker")
    played._file(played.appointments[3]["id"], LEFT_ON)
    queues = {
        "reporting.inbox": [one for one in settled(system, "reporting.inbox") if one["type"].startswith("notice.")]
    }
    system.begin("reporting-worker")

    # The mail server is away, and notifications' relay too: what is sent now is told by nobody yet.
    system.end("mailbox")
    with system.relay_held_up("notifications"):
        played._revoke(played.appointments[1]["person_id"])
        pending = "SELECT count(*) FROM delivery WHERE channel = 'email' AND state = 'pending'"
        wait_for(lambda: system.scalar("notifications", pending) > 0)
        unpublished = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
        wait_for(lambda: system.scalar("notifications", unpublished) > 0)
        wait_for(lambda: not system.scalar("registry", unpublished) and not system.scalar("training", unpublished))
        system.end("notifications-worker", "notifications-api")

    # Registry announces, and training and notifications don't read.
    system.end("training-worker")
    firms = played.province.all("registry", "/enterprises")
    for firm in firms[:5]:
        played.province.send("registry", firm)
    played._file(played.appointments[4]["id"], LEFT_ON)
    queues["training.inbox"] = settled(system, "training.inbox")
    # Training announces, and registry doesn't read.
    system.end("registry-worker")
    system.begin("training-worker")
    played._revoke(played.appointments[2]["person_id"])
    items = [{"person_id": who, "year": 2026, "hours": 8, "document": "示例"} for who in list(played.certificates)[:3]]
    played.centre.post("training", "/education", {"items": items})
    queues["registry.inbox"] = settled(system, "registry.inbox")
    queues["notifications.inbox"] = settled(system, "notifications.inbox")
    # Both write what no relay publishes any more.
    system.end("training-worker")
    played.province.send("registry", firms[6])
    played._revoke(played.appointments[0]["person_id"])
    wait_for(lambda: waiting(system, "reporting.inbox") == 0)
    system.end("reporting-worker", "reporting-api", "registry-api", "training-api")
    return queues


def settled(system: Installation, queue: str) -> list[dict[str, str]]:
    """All messages of `queue`, once each service that still has a relay has published everything."""
    relays = [name.partition("-")[0] for name in system.supervisor.tasks if name.endswith("-worker")]
    unpublished = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
    wait_for(lambda: not any(system.scalar(service, unpublished) for service in relays))
    count = wait_for(lambda: waiting(system, queue))
    return system.take(queue, count)


def waiting(system: Installation, queue: str) -> int:
    """How many messages wait in `queue`."""
    connection = broker.connect(system.environ["CQO_AMQP_URL"], "maker")
    try:
        return int(connection.channel().queue_declare(queue, passive=True).message_count)
    finally:
        broker.close(connection)


def workbooks() -> tuple[bytes, bytes]:
    """The first enterprises of the example workbook, and the candidates who work for them."""
    head, *firms = rows("enterprises")
    people_head, *people = rows("candidates")
    firms = firms[:ENTERPRISES]
    codes = {firm[0] for firm in firms}
    return workbook([head, *firms]), workbook([people_head, *(one for one in people if one[4] in codes)])


def rows(name: str) -> list[list[Any]]:
    book = CalamineWorkbook.from_path(str(paths.PROJECT / "examples" / f"{name}.xlsx"))
    return book.get_sheet_by_index(0).to_python()


def workbook(content: list[list[Any]]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(content):
            sheet.write_row(number, 0, row)
    return made.getvalue()


def write(system: Installation, queues: dict[str, list[dict[str, str]]], folder: Path) -> None:
    """What is left, as files."""
    folder.mkdir(parents=True, exist_ok=True)
    for service in SERVICES:
        with gzip.GzipFile(folder / f"{service}.sql.gz", "wb", mtime=0) as file:
            file.write(dump(system, service).encode())
    definitions = (paths.PROJECT / "deploy/rabbitmq/definitions.json").read_text()
    broker_state = {"topology": json.loads(definitions), "queues": queues}
    (folder / "broker.json").write_text(json.dumps(broker_state, ensure_ascii=False, indent=1) + "\n")
    keys = {name: (system.folder / "secrets" / file).read_text() for name, file in SECRETS.items()}
    state = {"left_on": str(LEFT_ON), "keys": keys}
    (folder / "installation.json").write_text(json.dumps(state, indent=1) + "\n")


def dump(system: Installation, service: str) -> str:
    """A database as statements that any client can run: no commands of psql's own."""
    server = system.postgres
    assert server is not None
    command = [str(server.binaries / "pg_dump"), "--no-owner", "--no-privileges", "--rows-per-insert=200"]
    command.append(server.url_of(service, "postgres", server.password))
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    statements = re.sub(r"(?m)^\\(un)?restrict .*\n", "", done.stdout)
    return statements.replace(str(paths.PROJECT), "/srv/cqo")  # in the stack of a parked event


def as_text(body: str | bytes) -> str:
    return body if isinstance(body, str) else body.decode()


def wait_for(predicate: Callable[[], Any]) -> Any:
    """What `predicate` gave once that was true."""
    deadline = time.monotonic() + 60
    while not (found := predicate()):
        if time.monotonic() > deadline:
            raise TimeoutError(predicate)
        time.sleep(0.05)
    return found


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _send(self: Caller, service: str, firm: dict[str, Any]) -> None:
    """Changes an enterprise's name; 0.1.0's client has no method for PATCH."""
    headers = {"If-Match": f'"{firm["version"]}"'}
    self._send(
        "PATCH", service, f"/enterprises/{firm['id']}", json={"name": f"{firm['name']}（更名）"}, headers=headers
    )


Caller.send = _send  # type: ignore[attr-defined]

if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve())
