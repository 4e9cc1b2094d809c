"""The running office, and what tests ask of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests
from sqlalchemy import Engine, text

from testkit import RunningService

NO_BROKER = "amqp://guest:guest@127.0.0.1:9/"


class Office:
    """The office as a process, a caller of it, and its database."""

    def __init__(self, running: RunningService, engine: Engine, token: Callable[..., str]) -> None:
        self.running, self.engine, self.token = running, engine, token

    def call(self, method: str, path: str, role: str = "province", **options: Any) -> requests.Response:
        claims = {"division": "220100"} if role == "division" else {}
        headers = {"Authorization": f"Bearer {self.token(role, **claims)}"}
        return requests.request(method, self.running.url + path, headers=headers, timeout=30, **options)

    def count_rulesets(self) -> int:
        with self.engine.connect() as connection:
            return connection.execute(text("SELECT count(*) FROM ruleset")).scalar_one()
