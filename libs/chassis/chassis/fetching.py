"""JSON over HTTP, from the other services, the identity provider and the broker, by the standard library.

That is loaded in any case; what is written for more than this would be 3 MB of each process.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

SHOWN = 300  # characters of an answer that refuses


class NotFetched(Exception):
    """What was asked for did not come; the message says what came instead."""


class Refused(NotFetched):
    """The answer had another status than 2xx."""

    def __init__(self, status: int, said: str) -> None:
        self.status, self.said = status, said
        super().__init__(f"status {status}: {said[:SHOWN]}")


class _Stay(HTTPRedirectHandler):
    """Follows no redirect."""

    def redirect_request(self, *_: object) -> None:
        return None


def get(
    url: str, wanted: Mapping[str, object] | None = None, *, token: str | None = None, timeout: float
) -> Any:  # Any: JSON's values
    """The JSON at `url`. `wanted` is the query: None is left out, each value of a list is a parameter of its own.

    A proxy that the environment names is used. `token` is for the host that is named, and none it redirects to.
    `timeout`: seconds for each wait. Raises NotFetched.
    """
    given = {name: value for name, value in (wanted or {}).items() if value is not None}
    authorization = f"Bearer {token}" if token else None
    return ask(f"{url}?{urlencode(given, doseq=True)}" if given else url, timeout, authorization=authorization)


def ask(
    url: str,
    timeout: float,
    *,
    method: str = "GET",
    body: object = None,
    authorization: str | None = None,
    direct: bool = False,
) -> Any:  # Any: JSON's values
    """What `url` answers, as JSON; None if that is empty. `body` is sent as JSON.

    `direct`: by no proxy, and to no other address than this one. Raises NotFetched.
    """
    if not url.startswith(("http://", "https://")):
        raise NotFetched(f"{url!r} is no address of HTTP")
    content = None if body is None else json.dumps(body).encode()
    try:
        request = Request(url, content, {"Content-Type": "application/json"} if content else {}, method=method)
        if authorization:
            request.add_unredirected_header("Authorization", authorization)
        with _opener(direct).open(request, timeout=timeout) as answer:
            text = answer.read()
        return json.loads(text) if text else None
    except HTTPError as fault:
        with fault:
            raise Refused(fault.code, _read(fault)) from fault
    except (OSError, http.client.HTTPException, ValueError) as fault:  # ValueError: what is no address, or no JSON
        raise NotFetched(f"{type(fault).__name__}: {getattr(fault, 'reason', fault)}") from fault


def _opener(direct: bool) -> OpenerDirector:
    return build_opener(ProxyHandler({}), _Stay) if direct else build_opener()


def _read(refusal: HTTPError) -> str:
    try:
        return refusal.read().decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return refusal.reason
