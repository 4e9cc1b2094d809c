"""The four services' APIs as processes of their own, on the loaded history and on the last day of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from load import secrets_in
from province import days
from province.books import SERVICES

from testkit.client import Client
from testkit.secrets import TokenSigner
from testkit.services import RunningService


class Databases(Protocol):
    """Where the history is: the loaded province, or that of a test."""

    def url(self, service: str) -> str:
        """With which a service reaches its database."""


NO_BROKER = "amqp://none:none@127.0.0.1:1/"  # an API answers without one; nothing is written here


class Running:
    """The APIs, and who calls them."""

    def __init__(self, signer: TokenSigner, services: dict[str, RunningService]) -> None:
        self.signer, self.services = signer, services
        self.clients: dict[tuple[str, str], Client] = {}

    def client(self, service: str, role: str, **claims: str) -> Client:
        """A caller of a service's API, which keeps its connection."""
        key = service, f"{role} {claims}"
        if key not in self.clients:
            self.clients[key] = Client(self.services[service].url, self.signer.token(role, **claims), timeout=120)
        return self.clients[key]


@contextmanager
def apis(province: Databases, folder: Path) -> Iterator[Running]:
    """The running APIs; their logs are in `folder`."""
    clock, logs = folder / "clock", folder / "logs"
    logs.mkdir(exist_ok=True)
    signer = TokenSigner(folder)
    clock.write_text(str((days.NOW - datetime.now(UTC)).total_seconds()))
    common = {**secrets_in(folder / "secrets"), "jwks": signer.jwks, "feed_token": signer.token("service")}
    common |= {"clock_offset_file": str(clock), "amqp_url": NO_BROKER, "smtp_url": "smtp://127.0.0.1:1"}
    common["trusted_proxies"] = "127.0.0.1"  # callers say from where they ask, for what is limited by address
    running: dict[str, RunningService] = {}
    try:
        for service in SERVICES:
            settings = {**common, "database_url": province.url(service), "log_level": "WARNING"}
            running[service] = RunningService(service, "api", settings, logs / f"{service}.log")
            running[service].start()
        yield Running(signer, running)
    finally:
        for each in running.values():
            each.kill()
