"""The demo's callers: HTTP with a role's token, repeated safely while services come and go."""

from __future__ import annotations

import time
import uuid
from typing import Any

import requests

from cqolocal.system import System

PATIENCE = 90  # seconds a request is repeated while its service, or the database behind it, is away
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Refused(Exception):
    """An answer of 4xx; `problem` is its problem+json."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status, self.problem = status, problem
        super().__init__(f"{status} {problem.get('title')}: {problem.get('detail')} {problem.get('errors', '')}")


class Caller:
    """Somebody who calls the services: a role with its claims."""

    def __init__(self, system: System, role: str, **claims: str) -> None:
        self.system = system
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {system.token(role, **claims)}"

    def get(self, service: str, path: str, **query: Any) -> Any:
        return self._send("GET", service, path, params=query)

    def all(self, service: str, path: str, **query: Any) -> list[dict[str, Any]]:
        """Every item of a list, page by page."""
        items: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = self.get(service, path, limit=500, **query, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next"]
            if not cursor:
                return items

    def post(self, service: str, path: str, body: Any = None, version: int | None = None) -> Any:
        return self._send("POST", service, path, json=body, headers=self._headers(version))

    def put(self, service: str, path: str, body: Any) -> Any:
        return self._send("PUT", service, path, json=body)

    def upload(self, service: str, path: str, workbook: bytes) -> Any:
        headers = {"Content-Type": XLSX, "Accept-Language": "zh", **self._headers(None)}
        return self._send("POST", service, path, data=workbook, headers=headers)

    def _headers(self, version: int | None) -> dict[str, str]:
        # A repeated request carries the same key, so it takes effect once however often it is sent.
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return headers

    def _send(self, method: str, service: str, path: str, **request: Any) -> Any:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self.session.request(method, self.system.url(service) + path, timeout=60, **request)
                if answer.status_code < 500:
                    break
                fault: Any = answer.text
            except requests.RequestException as lost:
                fault = lost
            if time.monotonic() > deadline:
                raise RuntimeError(f"{method} {service}{path} got no answer for {PATIENCE} s: {fault}")
            time.sleep(0.3)
        if answer.status_code >= 400:
            raise Refused(answer.status_code, answer.json())
        return answer.json() if answer.content else None
