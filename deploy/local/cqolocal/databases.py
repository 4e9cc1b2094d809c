"""A database and a role for each service; a role reaches its own database and no other."""

from __future__ import annotations

import json
import random
import secrets
from pathlib import Path

import psycopg
from psycopg import sql

from cqolocal import paths
from cqolocal.names import SERVICES
from servers import PostgresServer


class Databases:
    """The services' databases on an embedded server."""

    def __init__(self, server: PostgresServer, passwords_file: Path) -> None:
        self.server = server
        if not passwords_file.exists():
            paths.write_atomically(passwords_file, json.dumps({name: secrets.token_urlsafe(24) for name in SERVICES}))
        self.passwords: dict[str, str] = json.loads(passwords_file.read_text())

    @property
    def url(self) -> str:
        """The administrator's URL."""
        return self.server.url

    def url_of(self, service: str) -> str:
        """The URL with which `service` reaches its database."""
        return self.server.url_of(service, service, self.passwords[service])

    def create(self) -> None:
        """Creates what is missing."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
            for service in SERVICES:
                if service not in found:
                    self._create(connection, service)

    def _create(self, connection: psycopg.Connection, service: str) -> None:
        name = sql.Identifier(service)
        password = sql.Literal(self.passwords[service])
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, password))
        # A copy made of files is three times quicker than one that goes through the write-ahead log.
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} STRATEGY file_copy").format(name, name))
        connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(name))

    def kill_connection(self) -> bool:
        """Ends one connection of a service, chosen at random, as a failing network would; False if there was none."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE usename = ANY(%s)", [list(SERVICES)]
            ).fetchall()
            if not rows:
                return False
            connection.execute("SELECT pg_terminate_backend(%s)", [random.choice(rows)[0]])
            return True
