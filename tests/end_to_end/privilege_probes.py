"""Tries what a service's credentials reach: databases, schema changes, exchanges, queues, secret files."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import amqp
import psycopg

from chassis import broker, settings

# What changes the schema, or what must never change. Each is tried in a transaction that is rolled back.
FORBIDDEN_STATEMENTS = {
    "create a table": "CREATE TABLE probe (id integer)",
    "create a temporary table": "CREATE TEMPORARY TABLE probe (id integer)",
    "create a schema": "CREATE SCHEMA probe",
    "create a function": "CREATE FUNCTION probe() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "alter its table": "ALTER TABLE outbox ADD COLUMN probe integer",
    "drop its table": "DROP TABLE outbox CASCADE",
    "truncate its table": "TRUNCATE outbox",
    "make a trigger": "CREATE TRIGGER probe BEFORE INSERT ON outbox EXECUTE FUNCTION notify_outbox()",
    "disable the audit trigger": "ALTER TABLE audit_log DISABLE TRIGGER ALL",
    "drop the audit trigger": "DROP TRIGGER audit_log_append_only ON audit_log",
    "replace the audit trigger's function": "CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger "
    "LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "switch triggers off": "SET session_replication_role = replica",
    "update audit entries": "UPDATE audit_log SET actor = 'probe'",
    "delete audit entries": "DELETE FROM audit_log",
    "truncate the audit log": "TRUNCATE audit_log",
    "delete the audit log's head": "DELETE FROM audit_head",
    "change the revision": "UPDATE alembic_version SET version_num = 'probe'",
    "give itself a right": "GRANT UPDATE ON audit_log TO CURRENT_USER; UPDATE audit_log SET actor = 'probe'",
    "make a role": "CREATE ROLE probe",
    "become another role": "SET ROLE postgres",
    "read a file of the server": "COPY outbox (data) FROM '/etc/passwd'",
}


@dataclass(frozen=True)
class Credentials:
    """What a service's process was given."""

    service: str
    database_url: str
    amqp_url: str
    environ: Mapping[str, str]


@dataclass
class Matrix:
    """What was tried by each service, and what should not have worked or should have."""

    tried: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def enter(self, kind: str, who: str, what: str, was_allowed: bool, should_be: bool) -> None:
        self.tried[kind] = self.tried.get(kind, 0) + 1
        if was_allowed != should_be:
            self.wrong.append(f"{who}: {kind} {what} is {'allowed' if was_allowed else 'refused'}")

    def __str__(self) -> str:
        tried = ", ".join(f"{kind} {number}" for kind, number in self.tried.items())
        return f"tried {sum(self.tried.values())} ({tried}), {len(self.wrong)} otherwise than they should be"


def credentials_of(service: str, environ: Mapping[str, str]) -> Credentials:
    """The credentials in the environment of a process of `service`."""
    found = settings.load(importlib.import_module(f"{service}.config").Settings, service, environ)
    return Credentials(service, found.database_url, found.amqp_url, environ)


def may_connect(url: str, database: str) -> bool:
    """Whether the role of `url` may connect to `database`."""
    try:
        psycopg.connect(urlunsplit(urlsplit(url)._replace(path=f"/{database}"))).close()
    except psycopg.OperationalError as refused:
        assert "permission denied" in str(refused) or "password authentication failed" in str(refused), refused
        return False
    return True


def statements_allowed(url: str, statements: Mapping[str, str]) -> dict[str, bool]:
    """Whether each of `statements`, by name, is allowed to the role of `url`; none of them is committed."""
    allowed = {}
    with psycopg.connect(url, options="-c lock_timeout=5s") as connection:
        for name, statement in statements.items():
            try:
                connection.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                allowed[name] = False
            except psycopg.Error:
                allowed[name] = True  # it failed for another reason than that this role may not
            else:
                allowed[name] = True
            connection.rollback()
    return allowed


def may_open(url: str) -> bool:
    """Whether the broker lets the user of `url` into the virtual host that it names."""
    try:
        broker.close(broker.connect(url, "privileges"))
    except amqp.exceptions.NotAllowed:
        return False
    return True


class BrokerProbe:
    """One connection to the broker, with a new channel for each try: a refusal closes the channel."""

    def __init__(self, url: str) -> None:
        self.connection = broker.connect(url, "privileges")

    def allows(self, act: Callable[[amqp.Channel], object]) -> bool:
        """Whether the broker lets `act` be done."""
        channel = self.connection.channel()
        try:
            act(channel)
        except amqp.exceptions.AccessRefused:
            return False
        except amqp.exceptions.ChannelError:
            return True  # refused for another reason, which the broker looks at later
        channel.close()
        return True

    def may_publish(self, exchange: str) -> bool:
        def publish(channel: amqp.Channel) -> None:
            channel.confirm_select()
            channel.basic_publish_confirm(amqp.Message(b"probe"), exchange, "probe.tried.v1")

        return self.allows(publish)

    def may_read(self, queue: str) -> bool:
        return self.allows(lambda channel: channel.basic_get(queue))

    def may_consume(self, queue: str) -> bool:
        return self.allows(lambda channel: channel.basic_consume(queue, callback=lambda _: None))

    def may_bind(self, queue: str, exchange: str) -> bool:
        return self.allows(lambda channel: channel.queue_bind(queue, exchange, "probe.tried.v1"))

    def may_delete(self, queue: str) -> bool:
        # Of a queue that holds something, or is read, nothing is deleted; who may delete is looked at first.
        return self.allows(lambda channel: channel.queue_delete(queue, if_unused=True, if_empty=True))

    def may_declare(self) -> dict[str, bool]:
        """Whether an exchange and a queue may be declared; a queue is its connection's own, so it does not stay."""
        return {
            "an exchange": self.allows(lambda channel: channel.exchange_declare("probe", "fanout", auto_delete=True)),
            "a queue": self.allows(lambda channel: channel.queue_declare("probe", exclusive=True)),
            "a queue that the broker names": self.allows(lambda channel: channel.queue_declare(exclusive=True)),
        }

    def close(self) -> None:
        broker.close(self.connection)


def secrets_reached(environ: Mapping[str, str], folder: Path) -> dict[str, Path]:
    """The files below `folder` that a process may find by what its environment names, beside them or below them.

    By their content, so that one secret in two places is seen as one.
    """
    named = (Path(value) for name, value in environ.items() if name.startswith("CQO_") and value.startswith("/"))
    roots = {path if path.is_dir() else path.parent for path in named if folder in (path, *path.parents)}
    files = [file for root in roots for file in root.rglob("*") if file.is_file()]
    return {file.read_text(): file for file in files if file.read_text().strip()}


def passwords_in(environ: Mapping[str, str], files: Iterable[str]) -> set[str]:
    """The passwords of the URLs in a process's own settings, and in what is in the files that it reaches."""
    texts = [*files, *(value for name, value in environ.items() if name.startswith("CQO_"))]
    return {found for text in texts if "://" in text and (found := urlsplit(text.strip()).password)}


def is_public(text: str) -> bool:
    """Whether a file holds nothing that must be kept from anybody: public keys."""
    try:
        document = json.loads(text)
    except ValueError:
        return False
    keys: Iterable[Any] = document.get("keys", [document]) if isinstance(document, dict) else [{"d": ""}]
    return all("d" not in key for key in keys)
