"""The demo's callers: one client for each service, which waits while it or its database is away."""

from __future__ import annotations

from cqolocal.language import is_chinese
from cqolocal.names import SERVICES
from cqolocal.system import System
from testkit.client import Client, Item, Json, NoAnswer, Refused

__all__ = ["Caller", "Item", "Json", "NoAnswer", "Refused"]

PATIENCE = 90  # seconds


class Caller:
    """Somebody who calls the services: a role with its division, its enterprise's id or its person's."""

    def __init__(
        self,
        system: System,
        role: str,
        *,
        division: str | None = None,
        enterprise: str | None = None,
        person: str | None = None,
    ) -> None:
        token = system.token(role, division=division, enterprise=enterprise, person=person)
        self.clients = {service: Client(system.url(service), token, patience=PATIENCE) for service in SERVICES}
        for client in self.clients.values():
            client.session.headers["Accept-Language"] = "zh" if is_chinese() else "en"

    def get(self, service: str, path: str, **query: object) -> Json:
        """What the service answers."""
        return self.clients[service].get(path, **query)

    def all(self, service: str, path: str, **query: object) -> list[Item]:
        """Every item of a list."""
        return self.clients[service].all(path, **query)

    def post(self, service: str, path: str, body: object = None, version: int | None = None) -> Json:
        """Sends JSON, once however often it is repeated."""
        return self.clients[service].post(path, body, version=version)

    def put(self, service: str, path: str, body: object) -> Json:
        """Replaces what is at `path`."""
        return self.clients[service].put(path, body)

    def upload(self, service: str, path: str, workbook: bytes) -> Json:
        """Sends an .xlsx workbook, whose faults are told in Chinese."""
        return self.clients[service].upload(path, workbook, language="zh")
