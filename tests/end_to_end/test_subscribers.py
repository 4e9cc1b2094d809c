"""What docs/subscribers.md says, done as it stands there: its commands, its programs, on real services and brokers.

And what other people's software makes of it: pika and nameko read the queue, the CloudEvents SDK reads the events, and
standardwebhooks signs what the receiver verifies.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import amqp
import pytest
import requests
from cloudevents.core.formats.json import JSONFormat
from standardwebhooks import Webhook

from chassis import broker
from chassis.ids import new_id
from chassis.messaging.envelope import Envelope
from cqo_subscriber import Delivery, Feed, Store, reconcile
from cqo_subscriber.queue import consume
from servers import RabbitServer
from servers.process import free_port, listens
from testkit import Client, RunningService, empty_queues, publish, wait_for
from testkit.divisions import CHUANYING, NANGUAN, placed_events

PROJECT = Path(__file__).resolve().parents[2]
DOCUMENT = PROJECT / "docs" / "subscribers.md"
PACKAGE_README = PROJECT / "clients/python/README.md"
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
NAME = re.compile(r"# ([\w.]+)")
ID_OF_THE_ANSWER = re.compile(r"^\w=<the id in the answer>\n", re.MULTILINE)
QUEUE_MESSAGES = 20
KNOWN = ("enterprise.registered", "person.registered")
WITH_THE_PACKAGE = {**os.environ, "PYTHONPATH": str(PACKAGE_README.parent), "PYTHONUNBUFFERED": "1"}
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def blocks(language: str, document: Path = DOCUMENT) -> list[str]:
    """The document's code in `language`, in order."""
    return [code for found, code in BLOCK.findall(document.read_text()) if found == language]


def programs() -> dict[str, str]:
    """The programs and configurations of the document and of the package's README, by their file's name."""
    found = [code for language in ("python", "yaml") for code in blocks(language)] + blocks("python", PACKAGE_README)
    named = {name[1]: code for code in found if (name := NAME.match(code))}
    assert len(named) == len(found), "each begins with its file's name"
    return named


def example(kind: str) -> Envelope:
    """The example of an event of registry, as it is published."""
    path = PROJECT / "services/registry/contracts" / f"{kind}.v1.example.json"
    return Envelope.from_dict(json.loads(path.read_text()))


class Subscriber:
    """Another government system, which does what the document says."""

    def __init__(self, folder: Path, api: str, token: str, province: Client) -> None:
        self.folder, self.api, self.token, self.province = folder, api, token, province
        self.id = self.key = ""
        for name, code in programs().items():
            (folder / name).write_text(code)
        self.commands = iter(blocks("sh"))

    def run(self, command: str) -> Any:
        """The JSON that a command of the document answers, on this installation and with this token."""
        lines = [line for line in command.splitlines() if not line.startswith(("API=", "T="))]
        known = [f"API={self.api}", f"T='Authorization: Bearer {self.token}'", f"S={self.id}", f"K={self.key}"]
        script = "\n".join(["set -e", *known, *lines])
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=self.folder)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def command_with(self, text: str) -> str:
        (found,) = (command for command in blocks("sh") if text in command)
        return found

    def subscribe(self, way: str, more: str = "") -> None:
        """Drafts, submits, and has the province approve; `more` stands beside the way."""
        draft, submit = ID_OF_THE_ANSWER.split(self.command_with('"way"').replace('"feed"', f'"{way}"{more}'))
        answer = self.run(draft)
        assert "id" in answer, answer
        self.id = answer["id"]
        submitted = self.run(submit)
        approved = self.province.post(f"/subscriptions/{self.id}/approval", version=submitted["version"])
        assert (submitted["state"], approved["state"]) == ("submitted", "live" if way == "feed" else "approved")

    def credentials(self) -> dict[str, str]:
        answer: dict[str, str] = self.run(self.command_with("/queue/credentials"))
        return answer

    def make_key(self) -> str:
        """The key by which its webhooks are signed."""
        make, fetch = ID_OF_THE_ANSWER.split(self.command_with("/keys"))
        self.key = self.run(make)["id"]
        return str(self.run(fetch)["key"])

    def kept(self) -> list[int]:
        """The numbers that a program of the document has stored."""
        with closing(sqlite3.connect(self.folder / "events.db")) as database:
            try:
                return [row[0] for row in database.execute("SELECT feedsequence FROM event ORDER BY 1")]
            except sqlite3.OperationalError:
                return []  # the program has not made its tables yet

    def finish(self, *command: str) -> str:
        """What a program of the document prints until it ends well."""
        run = [sys.executable, *command]
        done = subprocess.run(run, cwd=self.folder, capture_output=True, text=True, timeout=60, env=WITH_THE_PACKAGE)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def running(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """A program of the document, which is killed at the end."""
        with (self.folder / "log").open("ab") as log:
            program = subprocess.Popen(
                [sys.executable, *command], cwd=self.folder, stdout=log, stderr=log, env=WITH_THE_PACKAGE
            )
        try:
            yield program
        finally:
            program.kill()
            program.wait()

    def wait(self, program: subprocess.Popen[bytes], numbers: list[int]) -> None:
        """Until it has stored these; fails with its log if it ends before."""
        wait_for(lambda: self.kept() == numbers or program.poll() is not None, 30)
        assert self.kept() == numbers, (self.folder / "log").read_text()


@pytest.fixture(scope="module")
def appointments() -> Callable[[int], list[Envelope]]:
    """`appointments(number)`: that many are made in the division granted, and ended; one is made elsewhere."""

    def of(what: str, version: int, subject: str, division: str = NANGUAN) -> Envelope:
        return replace(
            example(f"appointment.{what}"), id=new_id(), subject=subject, sequence=version, division=division
        )

    def make(number: int) -> list[Envelope]:
        subjects = [new_id() for _ in range(number)]
        granted = [event for each in subjects for event in (of("made", 1, each), of("ended", 2, each))]
        return [*granted, of("made", 1, new_id(), CHUANYING)]

    return make


@pytest.fixture
def notifications(
    running_service: Callable[..., RunningService], managed_rabbitmq: RabbitServer, topology: str
) -> RunningService:
    empty_queues(topology, ["notifications.inbox"])
    service = running_service(
        "notifications",
        smtp_url="smtp://127.0.0.1:1",
        subscribers_amqp_url=managed_rabbitmq.url_of("notifications", "cqo-public"),
        subscribers_management_url=managed_rabbitmq.management_url_of("cqo-subscribers"),
        subscribers_queue_messages=QUEUE_MESSAGES,
    )
    publish(topology, *placed_events(), *map(example, KNOWN))
    return service


@pytest.fixture
def subscriber(tmp_path: Path, notifications: RunningService, token: Callable[..., str]) -> Subscriber:
    province = Client(notifications.url, token("province"), patience=20)
    folder = tmp_path / "subscriber"
    folder.mkdir()

    def knows_them() -> bool:
        # The divisions have to be known, and those whom the appointments are of; they come by events.
        answer = requests.get(f"{notifications.url}/ops/state", headers=headers, timeout=10).json()
        applied = {kind: each["applied"] for kind, each in answer["inbox"]["by_type"].items()}
        return applied.get("division.placed.v1") == len(list(placed_events())) and all(
            f"{kind}.v1" in applied for kind in KNOWN
        )

    headers = {"Authorization": f"Bearer {token('ops')}"}
    wait_for(knows_them, 20)
    return Subscriber(folder, notifications.url, token("system", subscriber="tax-bureau"), province)


needs_curl = pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="the commands need curl")


@needs_curl
def test_the_feed_as_the_document_says_with_its_manifest(
    subscriber: Subscriber, topology: str, appointments: Callable[[int], list[Envelope]], tmp_path: Path
) -> None:
    assert "appointment.made.v1" in {each["type"] for each in subscriber.run(blocks("sh")[0])["items"]}
    subscriber.subscribe("feed")
    publish(topology, *appointments(260))
    wait_for(lambda: subscriber.province.get(f"/subscriptions/{subscriber.id}/status")["last_sequence"] == 520, 30)

    batch = subscriber.run(subscriber.command_with("events?after=0"))
    assert [event["feedsequence"] for event in batch] == list(range(1, 501))
    for event in batch[:20]:
        read = JSONFormat().read(None, json.dumps(event))
        assert (read.get_id(), read.get_extension("feedprevious")) == (event["id"], event["feedsequence"] - 1)
    assert batch[0].keys() == json.loads(blocks("json")[0]).keys()
    assert batch[0]["data"].keys() == json.loads(blocks("json")[0])["data"].keys()

    for _ in range(2):
        subscriber.finish("puller.py", subscriber.api, subscriber.id, subscriber.token)
        assert subscriber.kept() == list(range(1, 521))

    today = subscriber.command_with("/manifests/").replace("-d yesterday ", "")
    manifest = subscriber.run(today)
    assert manifest.keys() == json.loads(blocks("json")[2]).keys()
    applied: list[Delivery] = []
    with Store(tmp_path / "client.db") as store:
        feed = Feed(f"{subscriber.api}/subscriptions/{subscriber.id}", subscriber.token)
        assert feed.catch_up(store, applied.append) == 520
        assert reconcile(store, manifest) == []
        store.database.execute("DELETE FROM cqo_received WHERE sequence = 8")
        assert reconcile(store, manifest) == [(applied[7].type, 260, 259)]
    (subscriber.folder / "events.db").unlink()
    assert subscriber.finish("fetch.py", feed.url, feed.token) == "520 new, up to 520\n"
    assert subscriber.finish("compare.py", feed.url, feed.token, manifest["day"]) == ""


@needs_curl
def test_the_queue_as_the_document_says_read_by_pika_and_by_nameko(
    subscriber: Subscriber, topology: str, appointments: Callable[[int], list[Envelope]], managed_rabbitmq: RabbitServer
) -> None:
    subscriber.subscribe("amqp")
    told = subscriber.credentials()
    assert subscriber.province.get(f"/subscriptions/{subscriber.id}")["state"] == "live"
    assert (told["queue"], told["user"], told["vhost"]) == (*[f"ext.{subscriber.id}"] * 2, "cqo-public")
    publish(topology, *appointments(3))
    wait_for(lambda: messages(managed_rabbitmq, subscriber.id) == 6, 30)

    with subscriber.running("reader.py", told["url"]) as program:
        subscriber.wait(program, [1, 2, 3, 4, 5, 6])
    # What it had in hand may come again; then something new, read by an unmodified nameko service.
    publish(topology, *appointments(1))
    told = subscriber.credentials()
    nameko = subscriber.folder / "nameko.yaml"
    nameko.write_text(re.sub(r"AMQP_URI: \S+", f"AMQP_URI: {told['url']}", nameko.read_text()))
    service = subscriber.folder / "subscriber.py"
    service.write_text(service.read_text().replace("ext.example", told["queue"]))
    wait_for(lambda: opens(managed_rabbitmq, told), 30)
    with subscriber.running("-m", "nameko", "run", "--config", "nameko.yaml", "subscriber") as program:
        subscriber.wait(program, list(range(1, 9)))
    wait_for(lambda: messages(managed_rabbitmq, subscriber.id) == 0, 30)


@needs_curl
def test_what_a_full_queue_has_dropped_is_taken_from_the_feed(
    subscriber: Subscriber,
    topology: str,
    appointments: Callable[[int], list[Envelope]],
    managed_rabbitmq: RabbitServer,
    tmp_path: Path,
) -> None:
    subscriber.subscribe("amqp")
    told = subscriber.credentials()
    publish(topology, *appointments(30))
    path = f"/subscriptions/{subscriber.id}/queue"
    wait_for(lambda: subscriber.province.get(path)["published"] == 60, 30)
    assert messages(managed_rabbitmq, subscriber.id) == QUEUE_MESSAGES
    applied: list[int] = []
    with Store(tmp_path / "client.db") as store:
        feed = Feed(f"{subscriber.api}/subscriptions/{subscriber.id}", subscriber.token)
        consume(told["url"], store, lambda each: applied.append(each.sequence), feed, lambda: store.cursor == 60)

    assert applied == list(range(1, 61)), "each once, in order, though 40 were dropped"
    publish(topology, *appointments(1))
    log = subscriber.folder / "log"
    with subscriber.running("read.py", told["url"], feed.url, feed.token):
        wait_for(lambda: log.exists() and "62 appointment.ended.v1" in log.read_text(), 30)
    assert [int(line.split()[0]) for line in log.read_text().splitlines()] == list(range(1, 63))


@needs_curl
def test_a_worker_that_is_killed_while_it_fills_a_queue_loses_nothing(
    subscriber: Subscriber,
    notifications: RunningService,
    topology: str,
    appointments: Callable[[int], list[Envelope]],
    tmp_path: Path,
) -> None:
    subscriber.subscribe("amqp")
    url = subscriber.credentials()["url"]
    path = f"/subscriptions/{subscriber.id}/queue"
    for _ in range(2):
        published = subscriber.province.get(path)["published"]
        publish(topology, *appointments(100))
        wait_for(lambda: subscriber.province.get(path)["published"] > published, 30)  # noqa: B023 it is waited for here
        notifications.kill()
        notifications.start()
    applied: list[int] = []
    with Store(tmp_path / "client.db") as store:
        feed = Feed(f"{subscriber.api}/subscriptions/{subscriber.id}", subscriber.token)
        consume(url, store, lambda each: applied.append(each.sequence), feed, lambda: store.cursor == 400)

    assert applied == list(range(1, 401)), "each once and in order"


@needs_curl
def test_the_webhook_as_the_document_says_from_the_handshake_on(
    subscriber: Subscriber, topology: str, appointments: Callable[[int], list[Envelope]]
) -> None:
    port = free_port()
    # An end point in the intranet, which the province approves with it: without TLS here.
    target = {"url": f"http://127.0.0.1:{port}/cqo", "networks": ["127.0.0.0/8"]}
    subscriber.subscribe("webhook", f', "target": {json.dumps(target)}')
    key = subscriber.make_key()
    with subscriber.running("receiver.py", str(port), key) as program:
        wait_for(lambda: listens(port), 20)
        subscriber.run(subscriber.command_with("/handshake"))
        wait_for(lambda: subscriber.province.get(f"/subscriptions/{subscriber.id}")["state"] == "live", 30)
        publish(topology, *appointments(3))
        subscriber.wait(program, [1, 2, 3, 4, 5, 6])


def test_the_receiver_of_the_document_echoes_the_handshake_and_takes_each_signed_event_once(tmp_path: Path) -> None:
    for name, code in programs().items():
        (tmp_path / name).write_text(code)
    subscriber = Subscriber(tmp_path, "", "", Client("http://127.0.0.1:1"))
    port = free_port()

    def post(event: dict[str, Any], secret: str = SECRET, age: int = 0) -> requests.Response:
        body, at = json.dumps(event), int(datetime.now(UTC).timestamp()) - age
        signed = Webhook(secret).sign("id", datetime.fromtimestamp(at, UTC), body)
        headers = {"webhook-id": "id", "webhook-timestamp": str(at), "webhook-signature": f"v1a,AAAA {signed}"}
        return requests.post(f"http://127.0.0.1:{port}/", body, headers=headers, timeout=10)

    event = json.loads(blocks("json")[0])
    with subscriber.running("receiver.py", str(port), SECRET):
        wait_for(lambda: listens(port), 20)
        challenge = post({"id": "x", "type": "webhook.challenge.v1", "data": {"challenge": "abc"}})
        assert (challenge.status_code, challenge.json()) == (200, {"challenge": "abc"})
        assert [post(event).status_code for _ in range(5)] == [200] * 5
        forged = event | {"feedsequence": 99}
        other = "whsec_" + base64.b64encode(b"another key of 32 bytes, as it is").decode()
        assert (post(forged, other).status_code, post(forged, age=400).status_code) == (401, 401)
    assert subscriber.kept() == [event["feedsequence"]]
    (tmp_path / "events.db").unlink()
    with subscriber.running("receive.py", str(port), SECRET):
        wait_for(lambda: listens(port), 20)
        assert (post(event).status_code, post(event | {"feedsequence": 8}, age=400).status_code) == (204, 401)


def messages(server: RabbitServer, subscription: str) -> int:
    """How many messages the subscription's queue holds; -1 as long as there is none."""
    connection = broker.connect(server.url_of("notifications", "cqo-public"), "test")
    try:
        return int(connection.channel().queue_declare(f"ext.{subscription}", passive=True).message_count)
    except amqp.exceptions.NotFound:
        return -1
    finally:
        broker.close(connection)


def opens(server: RabbitServer, told: dict[str, str]) -> bool:
    """Whether the broker takes these credentials yet."""
    url = f"http://127.0.0.1:{server.management_port}/api/whoami"
    # A subscriber has no right to this API, which it is told only once its password was right.
    answer = requests.get(url, auth=(told["user"], told["password"]), timeout=10)
    return "Not_Authorized" not in answer.text and "Login failed" not in answer.text
