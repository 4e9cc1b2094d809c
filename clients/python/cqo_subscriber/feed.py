"""A subscription over HTTP: the pull feed, and the daily manifest to compare with."""

from __future__ import annotations

import json
import time
from datetime import date
from http.client import HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cqo_subscriber.deliveries import Delivery
from cqo_subscriber.store import Apply, Store

PAGE = 500
LONGEST_WAIT = 60  # seconds that Retry-After is heeded for
TRIES = 5


class FeedError(Exception):
    """The feed answered with an error; `status` and `problem` (RFC 9457) say which."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:  # Any: JSON's values
        super().__init__(f"{status} {problem.get('title', '')}: {problem.get('detail', '')}")
        self.status, self.problem = status, problem


class Gone(FeedError):
    """What is asked for is kept no more; `first` is the lowest sequence that is."""

    @property
    def first(self) -> int:
        return int(self.problem["first"])


class _NoRedirects(HTTPRedirectHandler):
    """A token goes to the host that it was given for, and to no other."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


class Feed:
    """The feed of one subscription at `url`, https://…/notifications/subscriptions/<id>."""

    def __init__(self, url: str, token: str, timeout: float = 30) -> None:
        self.url, self.token, self.timeout = url.rstrip("/"), token, timeout
        self.opener = build_opener(_NoRedirects)

    def page(self, after: int, limit: int = PAGE) -> list[Delivery]:
        """The deliveries after this sequence, in order, `limit` at most; none if there are no more."""
        return [Delivery.of(event) for event in self._get("events", after=after, limit=limit)]

    def catch_up(self, store: Store, apply: Apply) -> int:
        """Applies all that the store lacks, page by page, each delivery in a transaction; how many were new.

        Raises Gone if some of it is kept no more. When you have seen to that, `store.give_up(fault.first - 1)`.
        """
        applied, after = 0, store.cursor
        while page := self.page(after):
            applied += sum(store.take(delivery, apply) for delivery in page)
            after = page[-1].sequence
        return applied

    def manifest(self, day: date) -> dict[str, Any]:  # Any: JSON's values
        """What the publisher says that it gave on `day` (in China); raises FeedError."""
        return dict(self._get(f"manifests/{day.isoformat()}"))

    def _get(self, path: str, **query: object) -> Any:  # Any: JSON's values
        address = f"{self.url}/{path}" + (f"?{urlencode(query)}" if query else "")
        request = Request(address, headers={"Authorization": f"Bearer {self.token}", "Accept": "application/json"})
        for tries_left in reversed(range(TRIES)):
            try:
                with self.opener.open(request, timeout=self.timeout) as answer:
                    return json.load(answer)
            except HTTPError as refused:
                problem = _problem(refused)
                if refused.code == 410:
                    raise Gone(410, problem) from None
                if refused.code not in (429, 503) or not tries_left:
                    raise FeedError(refused.code, problem) from None
                time.sleep(min(float(refused.headers.get("Retry-After") or 1), LONGEST_WAIT))
        raise AssertionError("the last try returns or raises")


def _problem(refused: HTTPError) -> dict[str, Any]:  # Any: JSON's values
    try:
        return dict(json.load(refused))
    except ValueError:
        return {"title": str(refused.reason)}
