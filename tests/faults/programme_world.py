"""The four services with some of the programme in them, whose databases can be put back to an earlier moment."""

from __future__ import annotations

import io
import itertools
import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import xlsxwriter
from python_calamine import CalamineWorkbook
from sqlalchemy.engine import make_url

from cqolocal.demo import examples, scenario
from registry.seed import seed
from servers.process import free_port, listens
from testkit import Client, RunningService, wait_for
from testkit.client import NoAnswer, Refused

PROJECT = Path(__file__).parents[2]
SERVICES = ("registry", "training", "notifications", "reporting")
scenario.PLACES, scenario.APPOINTMENTS = 16, 8
PAUSE = 0.15  # seconds between two changes of one kind
AT_FIRST = 120  # enterprises; the others come after the moment to which databases are put back


class Programme:
    """Stands for the system of the local run where the demo's scenario is played on it."""

    def __init__(
        self,
        start: Callable[..., RunningService],
        databases: dict[str, str],
        amqp_url: str,
        token: Callable[..., str],
        folder: Path,
    ) -> None:
        self.databases, self._token = databases, token
        self.clock, self.mail, self.smtp_port = folder / "clock", folder / "mail", free_port()
        self.services: dict[str, RunningService] = {}
        self.move_clock(examples.BEGIN)
        seed(make_url(databases["registry"]).set(drivername="postgresql+psycopg").render_as_string(False))
        settings = {
            "amqp_url": amqp_url,
            "clock_offset_file": self.clock,
            "smtp_url": f"smtp://127.0.0.1:{self.smtp_port}",
        }
        for name in SERVICES:
            self.services[name] = start(name, ready=False, database_url=databases[name], **settings)
            self.services[name].kill()  # each is to know the others' addresses
        for service in self.services.values():
            service.settings |= {f"url_{name}": each.url for name, each in self.services.items()}
            service.start(ready=False)
        for service in self.services.values():
            service.wait_until_ready()

    # What the scenario asks of a system

    def url(self, service: str) -> str:
        return self.services[service].url

    def token(self, role: str, **claims: Any) -> str:
        return self._token(role, **{name: value for name, value in claims.items() if value is not None})

    def move_clock(self, day: date) -> None:
        target = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
        self.clock.write_text(str((target - datetime.now(UTC)).total_seconds()))

    # Playing

    def play(self) -> scenario.Scenario:
        """Enterprises, people, a class, certificates, appointments."""
        played = scenario.Scenario(self, lambda _: None)  # type: ignore[arg-type]  # it stands for a system
        for code in ("220000", "220102", "220106"):
            played.province.put("registry", f"/divisions/{code}/contact", {"email": f"zljd-{code}@gov.example"})
        played.province.upload("registry", "/enterprises/import", workbook("enterprises", AT_FIRST))
        played.province.upload("registry", "/people/import", workbook("candidates"))
        played.set_targets()
        played.hold_class()
        played.certify()
        played.appoint()
        played.settle()
        return played

    @contextmanager
    def mail_server(self) -> Iterator[None]:
        self.mail.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "servers.mailbox", "--port", str(self.smtp_port), "--folder", str(self.mail)]
        with subprocess.Popen(command, env=self.services["registry"].environ) as process:
            try:
                wait_for(lambda: listens(self.smtp_port))
                yield
            finally:
                process.terminate()

    # Putting back

    @contextmanager
    def admin(self) -> Iterator[psycopg.Connection[Any]]:
        url = make_url(self.databases["registry"]).set(drivername="postgresql", database="postgres")
        with psycopg.connect(url.render_as_string(False), autocommit=True) as admin:
            yield admin

    def save(self) -> None:
        """Keeps all databases as they are; the services are stopped meanwhile."""
        for service in self.services.values():
            service.stop()
        with self.admin() as admin:
            for name in SERVICES:
                # A copy can't be made while anybody is connected, if only by a pool of this process.
                end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
                admin.execute(end, [self._name(name)])
                admin.execute(f'CREATE DATABASE "{self._name(name)}_saved" TEMPLATE "{self._name(name)}"')
        for service in self.services.values():
            service.start(ready=False)
        for service in self.services.values():
            service.wait_until_ready()

    def put_back(self, name: str) -> None:
        """The database of `name` is as it was when it was kept; its service is stopped for that."""
        service = self.services[name]
        service.stop()
        with self.admin() as admin:
            owned = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s"
            [(owner,)] = admin.execute(owned, [self._name(name)]).fetchall()
            admin.execute(f'DROP DATABASE "{self._name(name)}" WITH (FORCE)')
            saved = f'TEMPLATE "{self._name(name)}_saved"'
            admin.execute(f'CREATE DATABASE "{self._name(name)}" OWNER "{owner}" {saved}')
        service.start()

    def forget_saved(self) -> None:
        with self.admin() as admin:
            for name in SERVICES:
                admin.execute(f'DROP DATABASE IF EXISTS "{self._name(name)}_saved" WITH (FORCE)')

    def _name(self, service: str) -> str:
        return str(make_url(self.databases[service]).database)

    def rows(self, service: str, query: str) -> list[tuple[Any, ...]]:
        url = make_url(self.databases[service]).set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(False), autocommit=True) as database:
            return database.execute(query).fetchall()

    # What an operator does

    def reconcile(self, *services: str, accept: str | None = None) -> dict[str, dict[str, Any]]:
        """The command's answers, by service; run side by side."""
        with ThreadPoolExecutor(len(services)) as pool:
            return dict(zip(services, pool.map(lambda each: self._reconcile(each, accept), services), strict=True))

    def _reconcile(self, service: str, accept: str | None) -> dict[str, Any]:
        command = [sys.executable, "-m", "chassis.process.cli", service, "reconcile", "--json"]
        command += ["--accept", accept] if accept else []
        environ = self.services[service].environ
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300)
        assert done.stdout.startswith("{"), done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def client(self, service: str, role: str, patience: float = 0) -> Client:
        return Client(self.url(service), self.token(role), patience=patience)


class Load:
    """Changes in all services that go on until they are stopped, whatever is away meanwhile."""

    def __init__(self, programme: Programme, played: scenario.Scenario) -> None:
        self.programme = programme
        self.holders = list(played.certificates)
        self.done: Counter[str] = Counter()
        self.with_contacts = True
        self._choose = random.Random(7)
        self._ending = threading.Event()
        changes = (self._registry, self._training, self._reporting)
        self._threads = [threading.Thread(target=self._go_on, args=(change,), daemon=True) for change in changes]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def _go_on(self, change: Callable[[int], str]) -> None:
        for number in itertools.count(1):
            if self._ending.wait(PAUSE):
                return
            try:
                self.done[change(number)] += 1
            except (Refused, NoAnswer):
                self.done["refused"] += 1  # away, or changed meanwhile

    def _registry(self, number: int) -> str:
        registry = self.programme.client("registry", "province")
        if number % 10 == 0 and self.with_contacts:
            code = self._choose.choice(("220000", "220102", "220106"))
            registry.put(f"/divisions/{code}/contact", {"email": f"zljd-{number}@gov.example"})
            return "registry"
        (page,) = (registry.get("/enterprises", limit=40),)
        firm = self._choose.choice(page["items"])
        registry.patch(f"/enterprises/{firm['id']}", {"name": f"更名{number}公司"}, version=firm["version"])
        return "registry"

    def _training(self, number: int) -> str:
        item = {"person_id": self._choose.choice(self.holders), "year": 2026, "hours": 1, "document": f"示例{number}"}
        self.programme.client("training", "training_centre").post("/education", {"items": [item]})
        return "training"

    def _reporting(self, number: int) -> str:
        reporting = self.programme.client("reporting", "province")
        target = self._choose.choice(reporting.get("/targets")["items"])
        change = {"percent": self._choose.randrange(50, 100), "document": f"示例{number}"}
        reporting.put(f"/targets/{target['id']}", change, version=target["version"])
        return "reporting"


class Subscriber:
    """Another system that reads a feed as docs/subscribers.md says."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.begin_anew()
        self.times_put_back = 0

    def begin_anew(self) -> None:
        self.after, self.after_id = 0, None
        self.heads: dict[str, tuple[int, str]] = {}  # by aggregate: the last version and that event's id

    def read(self) -> None:
        """Reads to the end of the feed; where that was put back, into an empty copy from the beginning on."""
        while True:
            place = {"after": self.after, **({"after_id": self.after_id} if self.after_id else {})}
            answer = self.client.send("GET", "/events", params={**place, "limit": 500})
            if answer.status_code == 409:
                assert answer.json()["type"].endswith("feed-put-back"), answer.text
                self.times_put_back += 1
                self.begin_anew()
                continue
            page = answer.json()
            for item in page["items"]:
                event = item["event"]
                self.heads[event["partitionkey"]] = event["sequence"], event["id"]
            self.after, self.after_id = page["next"], page["next_id"]
            if page["next"] >= page["end"]:
                return


def workbook(name: str, rows: int | None = None) -> bytes:
    """An example workbook, or its first rows."""
    content = (PROJECT / "examples" / f"{name}.xlsx").read_bytes()
    if rows is None:
        return content
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[: rows + 1]
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"default_date_format": "yyyy-mm-dd"}) as book:
        page = book.add_worksheet()
        for number, row in enumerate(sheet):
            page.write_row(number, 0, row)
    return made.getvalue()


def differing(pairs: Iterable[Any]) -> list[str]:
    return [str(pair) for pair in pairs if not pair.agrees]


def elapsed(since: float) -> float:
    return round(time.monotonic() - since, 1)
