"""Databases and users of the broker with the privileges that a deployment has, so that tests run services with no more.

Tests themselves look at both as administrators.
"""

from __future__ import annotations

import dataclasses
import itertools
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from chassis import privileges
from chassis.privileges import ServicePrivileges, roles, users
from servers import RabbitServer

TABLE = Path(__file__).resolve().parents[3] / "deploy" / "privileges.toml"


def broker_users() -> users.Definitions:
    """The users of the services, with new passwords, for a broker that a test run starts."""
    table = privileges.load(TABLE)
    passwords = {name: secrets.token_urlsafe(24) for name in users.names(table)}
    return users.definitions(table, passwords)


def broker_urls(server: RabbitServer) -> dict[str, str]:
    """The URL with which each service reaches `server`, by service."""
    return {service: server.url_of(each.role) for service, each in privileges.load(TABLE).services.items()}


class Databases:
    """Fresh databases of services at the server of `admin_url`, made from a template with the service's tables.

    The tables belong to one role and the service runs as another; both are this run's own.
    """

    def __init__(self, admin_url: str) -> None:
        self.admin_url = admin_url
        self.run = f"test_{secrets.token_hex(4)}"
        self.password = secrets.token_urlsafe(24)
        self.made: list[str] = []
        self.templates: dict[str, ServicePrivileges] = {}
        self.numbers = itertools.count(1)

    def create(self, service: str) -> str:
        """The superuser's URL of a fresh database with the tables of `service`."""
        if service not in self.templates:
            self.templates[service] = self._make_template(service)
        template = self.templates[service]
        name = f"{template.database}_{next(self.numbers)}"
        with admin(self.admin_url) as connection:
            connection.execute(f'CREATE DATABASE "{name}" OWNER "{template.owner}" TEMPLATE "{template.database}"')
        self.made.append(name)
        return self._url(database=name)

    def for_service(self, service: str, url: str) -> str:
        """`url` with the role that `service` runs as, if the database is one of these."""
        parts = make_url(url)
        if parts.database not in self.made or service not in self.templates:
            return url
        role = self.templates[service].role
        return parts.set(username=role, password=self.password).render_as_string(hide_password=False)

    def drop(self) -> None:
        """Removes all of them, and their roles."""
        with admin(self.admin_url) as connection:
            for name in (*self.made, *(each.database for each in self.templates.values())):
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            for role in (role for each in self.templates.values() for role in (each.role, each.owner)):
                # A test's own copy of a database keeps them, until its maker removes it.
                with suppress(psycopg.errors.DependentObjectsStillExist):
                    connection.execute(f'DROP ROLE "{role}"')

    def _make_template(self, service: str) -> ServicePrivileges:
        from chassis.process import migrate

        name = f"{self.run}_{service}"
        own = ServicePrivileges(name, name, f"{name}_owner", (), (), ())
        table = dataclasses.replace(privileges.load(TABLE), services={service: own})
        roles.apply(self.admin_url, table, dict.fromkeys((own.role, own.owner), self.password))
        owner = self._url(username=own.owner, password=self.password, database=name)
        migrate.upgrade(service, owner, table)
        return own

    def _url(self, **changes: Any) -> str:  # Any: texts, as the parts of a URL are
        return make_url(self.admin_url).set(**changes).render_as_string(hide_password=False)


class ServiceCredentials:
    """What a service's process is given in place of the administrator's URLs that a test has."""

    def __init__(self) -> None:
        self.databases: Databases | None = None
        self.brokers: dict[str, Mapping[str, str]] = {}  # by the administrator's URL: each service's own

    def __call__(self, service: str, settings: Mapping[str, Any]) -> dict[str, Any]:  # Any: as a test writes them
        """The settings that are other for `service` than in `settings`."""
        own = {}
        if self.databases is not None and (url := settings.get("database_url")):
            own["database_url"] = self.databases.for_service(service, str(url))
        if url := self.brokers.get(str(settings.get("amqp_url")), {}).get(service):
            own["amqp_url"] = url
        return own


@contextmanager
def admin(url: str) -> Iterator[psycopg.Connection]:
    """A superuser's connection on which each statement is a transaction."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection
