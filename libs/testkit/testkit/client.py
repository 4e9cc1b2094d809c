"""One caller of a service's HTTP API, for tests and for the demo."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any, TypeAlias

import requests

Json: TypeAlias = Any  # Any: a JSON value, as a service answers it
Item: TypeAlias = dict[str, Json]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE = 500  # the most that a service gives at once
PAUSE = 0.3  # seconds between two attempts at a service that is away


class Refused(Exception):
    """The service refused the request (4xx); `problem` is the problem document (RFC 9457) that it answered."""

    def __init__(self, status: int, problem: Item) -> None:
        self.status, self.problem = status, problem
        super().__init__(f"{status} {problem.get('title')}: {problem.get('detail')} {problem.get('errors', '')}")


class NoAnswer(Exception):
    """The service was away, or answered 5xx, for all the time that the client was willing to wait."""


class Client:
    """Calls the API at `base_url` with the bearer token `token`.

    While the service is away, or answers 5xx, a request is repeated for `patience` seconds. A POST bears the same
    Idempotency-Key each time, so it takes effect once.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        language: str | None = None,
        patience: float = 0,
        timeout: float = 60,
    ) -> None:
        self.base_url, self.patience, self.timeout = base_url, patience, timeout
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy of this machine, and no password from ~/.netrc instead of the token
        if token is not None:
            self.session.headers["Authorization"] = f"Bearer {token}"
        if language is not None:
            self.session.headers["Accept-Language"] = language

    def get(self, path: str, **query: object) -> Json:
        """What the service answers; raises Refused, NoAnswer."""
        return self._ask("GET", path, params=query)

    def all(self, path: str, **query: object) -> list[Item]:
        """All items of a list, page by page."""
        items: list[Item] = []
        cursor: str | None = None
        while True:
            page = self.get(path, limit=PAGE, **query, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next"]
            if not cursor:
                return items

    def post(self, path: str, body: object = None, *, version: int | None = None, key: str | None = None) -> Json:
        """Sends JSON under an idempotency key, a new one unless `key` is given; `version` goes into If-Match."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex, **_if_match(version)}
        return self._ask("POST", path, json=body, headers=headers)

    def put(self, path: str, body: object = None, *, version: int | None = None) -> Json:
        """Replaces what is at `path`."""
        return self._ask("PUT", path, json=body, headers=_if_match(version))

    def patch(self, path: str, changes: object, *, version: int | None = None) -> Json:
        """Changes the fields that are given."""
        return self._ask("PATCH", path, json=changes, headers=_if_match(version))

    def upload(self, path: str, workbook: bytes, *, key: str | None = None, language: str = "en") -> Json:
        """Sends an .xlsx workbook under an idempotency key; its faults are answered in `language`."""
        headers = {"Content-Type": XLSX, "Idempotency-Key": key or uuid.uuid4().hex, "Accept-Language": language}
        return self._ask("POST", path, data=workbook, headers=headers)

    def call(
        self,
        method: str,
        path: str,
        expected: int = 200,
        *,
        version: int | None = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,  # Any: those of requests.Session.request
    ) -> Json:
        """The JSON of an answer that must have the status `expected`, or else AssertionError with the answer's text.

        `version` goes into If-Match. There is no idempotency key but one in `headers`.
        """
        answer = self.send(method, path, headers={**_if_match(version), **(headers or {})}, **options)
        assert answer.status_code == expected, f"{answer.status_code} {answer.text}"
        return answer.json()

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        **options: Any,  # Any: those of requests.Session.request
    ) -> requests.Response:
        """The answer itself, whatever its status; tried once, with no header but those of the client and `headers`."""
        return self.session.request(
            method, self.base_url + path, headers=headers, **{"timeout": self.timeout, **options}
        )

    def _ask(self, method: str, path: str, **options: Any) -> Json:  # Any: those of `send`
        deadline = time.monotonic() + self.patience
        while True:
            try:
                answer = self.send(method, path, **options)
                if answer.status_code < 500:
                    break
                fault = answer.text
            except requests.RequestException as lost:
                fault = str(lost)
            if time.monotonic() >= deadline:
                raise NoAnswer(f"{method} {self.base_url}{path} got no answer for {self.patience:g} s: {fault}")
            time.sleep(PAUSE)
        if answer.status_code >= 400:
            raise Refused(answer.status_code, answer.json())
        return answer.json() if answer.content else None


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}
