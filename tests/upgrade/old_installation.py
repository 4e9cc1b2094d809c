"""An installation of 0.1.0 on real servers, as `make_installation_of_0_1_0.py` left it, and its upgrade."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import psycopg
from amqp import Message
from sqlalchemy.engine import make_url

from chassis import broker
from chassis.broker import topology
from servers.process import free_port, listens
from testkit import Client, RunningService, wait_for

PROJECT = Path(__file__).parents[2]
MATERIAL = Path(__file__).with_name("0.1.0")
RUNBOOK = PROJECT / "docs" / "operations.md"
SERVICES = ("registry", "training", "notifications", "reporting")
EVENTS = "SELECT aggregate_type, type, aggregate_id, aggregate_version, id::text, published_at IS NULL FROM outbox"


class Installation:
    """The four databases, the broker, the keys and the clock."""

    def __init__(self, databases: OldDatabases, amqp_url: str, folder: Path) -> None:
        state = json.loads((MATERIAL / "installation.json").read_text())
        self.databases, self.owners = databases.urls, databases.urls
        self.old_databases, self.amqp_url, self.folder = databases, amqp_url, folder
        self.privileges = folder / "privileges.toml"
        self.keys, self.day = state["keys"], date.fromisoformat(state["left_on"])
        self.clock, self.mail, self.smtp_port = folder / "clock", folder / "mail", free_port()
        self.services: dict[str, RunningService] = {}
        self.move_clock(self.day)

    # What is there

    def load(self) -> None:
        """Fills the databases and the queues."""
        for service in SERVICES:
            with self.database(service) as database:
                database.execute(gzip.decompress((MATERIAL / f"{service}.sql.gz").read_bytes()).decode())
        state = json.loads((MATERIAL / "broker.json").read_text())
        topology.apply(self.amqp_url, {**state["topology"], "bindings": []})
        for queue, messages in state["queues"].items():
            self._put(queue, messages)
        topology.apply(self.amqp_url, state["topology"])

    def _put(self, queue: str, messages: list[dict[str, str]]) -> None:
        """Into this queue alone, and by the exchange by which they came."""
        connection = broker.connect(self.amqp_url, "upgrade test")
        try:
            channel = connection.channel()
            channel.confirm_select()
            for each in messages:
                place = {"exchange": each["exchange"], "routing_key": each["routing_key"]}
                properties = {name: each[name] for name in ("message_id", "content_type", "type")}
                channel.queue_bind(queue, **place)
                channel.basic_publish_confirm(Message(each["body"], delivery_mode=2, **properties), **place)
                channel.queue_unbind(queue, **place)
        finally:
            broker.close(connection)

    @contextmanager
    def database(self, service: str) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self.databases[service], autocommit=True) as found:
            found.execute("SET search_path = public")
            yield found

    def rows(self, service: str, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.database(service) as database:
            return database.execute(query, values).fetchall()

    def waiting(self) -> dict[str, int]:
        """How many messages wait in each queue."""
        connection = broker.connect(self.amqp_url, "upgrade test")
        try:
            channel = connection.channel()
            names = [f"{service}.inbox" for service in SERVICES]
            return {name: channel.queue_declare(name, passive=True).message_count for name in names}
        finally:
            broker.close(connection)

    def letters(self) -> Counter[str]:
        """How often each delivery came to the mail server."""
        found = (message_from_bytes(path.read_bytes()) for path in self.mail.glob("*.eml"))
        return Counter(str(each["Message-ID"]).strip("<>").partition("@")[0] for each in found)

    # What is done

    def give_tables_to_owners(self) -> None:
        """The runbook's step of that name: the secrets of the roles, and the job that makes these."""
        self.privileges.write_text(self.old_databases.privileges())
        passwords = dict.fromkeys(self.old_databases.roles(), self.old_databases.password)
        (self.folder / "admin_url").write_text(self.old_databases.admin_url)
        (self.folder / "roles.json").write_text(json.dumps(passwords))
        self.run(f"python -m chassis.privileges.roles {self.folder} --file deploy/privileges.toml")
        self.owners = {
            service: make_url(url).set(username=f"{make_url(url).username}_owner").render_as_string(hide_password=False)
            for service, url in self.databases.items()
        }

    def run(self, command: str) -> str:
        """Runs a command of the runbook as an operator would, migrations as the owner; returns what it printed."""
        words = shlex.split(command.replace("deploy/privileges.toml", str(self.privileges)))
        databases = self.owners if "chassis.process.migrate" in words else self.databases
        assert words[:2] == ["python", "-m"], command
        done = subprocess.run(
            [sys.executable, *words[1:]],
            env=self.environ(databases),
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def environ(self, databases: dict[str, str]) -> dict[str, str]:
        """What a command of any service finds; each service's database by its own name."""
        given = {f"CQO_DATABASE_URL_{service.upper()}": url for service, url in databases.items()}
        settings = {name: value for name, value in self.settings("registry").items() if name != "database_url"}
        if self.services:
            settings = {**self.services["registry"].settings, **settings}  # the signer's, and the addresses
        named = {f"CQO_{name.upper()}": str(value) for name, value in settings.items() if name != "database_url"}
        return {**os.environ, **named, **given, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}

    def settings(self, service: str) -> dict[str, object]:
        return {
            **self.keys,
            "env": "local",
            "amqp_url": self.amqp_url,
            "database_url": self.databases[service],
            "clock_offset_file": self.clock,
            "smtp_url": f"smtp://127.0.0.1:{self.smtp_port}",
            "notice_days": 2000,  # what has passed could not be counted
        }

    def start(self, running_service: Callable[..., RunningService]) -> None:
        """The new version's four services; each knows the addresses of all."""
        for service in SERVICES:
            self.services[service] = running_service(service, ready=False, **self.settings(service))
            self.services[service].kill()
        for service in self.services.values():
            service.settings |= {f"url_{name}": each.url for name, each in self.services.items()}
            service.start(ready=False)
        for service in self.services.values():
            service.wait_until_ready()

    @contextmanager
    def mail_server(self) -> Iterator[None]:
        self.mail.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "servers.mailbox", "--port", str(self.smtp_port), "--folder", str(self.mail)]
        with subprocess.Popen(command, env=self.environ(self.databases)) as process:
            try:
                wait_for(lambda: listens(self.smtp_port))
                yield
            finally:
                process.terminate()

    def move_clock(self, day: date) -> None:
        """To 11:00 of `day` in Jilin."""
        target = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
        self.clock.write_text(str((target - datetime.now(UTC)).total_seconds()))

    def client(self, service: str, token: str) -> Client:
        return Client(self.services[service].url, token)

    def is_settled(self, token: str) -> bool:
        """Nothing waits in a queue, an outbox or a due row."""
        states = [self.client(service, token).get("/ops/state") for service in SERVICES]
        under_way = sum(state["outbox"]["unpublished"] + sum(state["overdue"].values()) for state in states)
        return not under_way and not any(self.waiting().values())


def commands_of_the_runbook() -> list[str]:
    """The commands of "Upgrading from 0.1.0" that are run with the new version, in their order."""
    section = RUNBOOK.read_text().partition("## Upgrading from 0.1.0")[2].partition("\n## ")[0]
    return [line.partition(" #")[0].strip() for line in re.findall(r"(?m)^ +(python -m .*)$", section)]


class OldDatabases:
    """Empty databases for the four services, each owned by the role as which its service runs, as 0.1.0 had it."""

    def __init__(self, postgres_url: str) -> None:
        url = make_url(postgres_url).set(drivername="postgresql")
        self.admin_url = url.render_as_string(hide_password=False)
        self.password = "upgrade"
        self.names = {service: f"upgrade_{os.getpid()}_{service}" for service in SERVICES}
        self.urls = {
            service: url.set(database=name, username=name, password=self.password).render_as_string(hide_password=False)
            for service, name in self.names.items()
        }

    def roles(self) -> list[str]:
        """Those as which the services run, and the owners to come."""
        return [role for name in self.names.values() for role in (name, f"{name}_owner")]

    def privileges(self) -> str:
        """The project's table of privileges, with these databases and roles."""
        table = (PROJECT / "deploy" / "privileges.toml").read_text()
        for service, name in self.names.items():
            for key, value in (("database", service), ("role", service), ("owner", f"{service}_owner")):
                table = table.replace(f'{key} = "{value}"\n', f'{key} = "{value.replace(service, name)}"\n')
        return table

    def __enter__(self) -> OldDatabases:
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            for name in self.names.values():
                admin.execute(f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{self.password}'")
                admin.execute(f'CREATE DATABASE "{name}" OWNER "{name}"')
        return self

    def __exit__(self, *_: object) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            for name in self.names.values():
                admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            for role in self.roles():
                admin.execute(f'DROP ROLE IF EXISTS "{role}"')
