"""What a handler gets, and the answer it gives."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Generic, Protocol, TypeAlias
from urllib.parse import urlencode

from marshmallow import Schema as MarshmallowSchema
from nameko.containers import ServiceContainer
from sqlalchemy.orm import Session
from typing_extensions import TypeVar
from werkzeug.wrappers import Request as WerkzeugRequest
from werkzeug.wrappers import Response

from chassis.data import flush_objects
from chassis.errors import StaleVersion, VersionRequired
from chassis.http import idempotency
from chassis.http.body import read_file
from chassis.http.dumping import dump
from chassis.http.paging import Page
from chassis.http.schemas import PageArguments
from chassis.security import Caller

ETAG = re.compile(r'(?:W/)?"([0-9]{1,18})"')


# What the route's schemas load, and who calls; each handler names its own: `Request[commands.Appoint]`.
BodyT = TypeVar("BodyT", default=Any)  # Any: a handler that says nothing of its body
QueryT = TypeVar("QueryT", default=Any)  # Any: the same of its query
CallerT = TypeVar("CallerT", bound=Caller, default=Caller)


class Route(Protocol):
    """What a request needs to know of the route that it came by."""

    container: ServiceContainer
    returns: MarshmallowSchema | None
    status: int
    confidential: bool
    file: tuple[str, ...]


class Request(Generic[BodyT, QueryT, CallerT]):
    """A request that was authenticated and checked: its caller, body, query and conditions."""

    caller: CallerT  # not set on public routes
    if_match: int  # the version that the caller read; set on routes that are declared `versioned`
    body: BodyT
    query: QueryT

    def __init__(self, route: Route, raw_request: WerkzeugRequest, correlation_id: str, language: str) -> None:
        self.route = route
        self.raw_request = raw_request
        self.correlation_id = correlation_id
        self.language = language
        self.raw_body = b""
        self.page = PageArguments()
        self.idempotency_key: str | None = None

    @property
    def caller_key(self) -> str:
        """Whose idempotency keys these are: a subject in one role, and for one object; "" where nobody is known."""
        return self.caller.scope_key if hasattr(self, "caller") else ""

    @property
    def file(self) -> bytes:
        """The uploaded file."""
        return read_file(self.raw_request.mimetype, self.raw_body, self.route.file)

    @property
    def fingerprint(self) -> str:
        """What makes another request the same as this one."""
        return idempotency.fingerprint(self.raw_request.method, self.raw_request.full_path, self.raw_body)

    def reply(self, session: Session, answer: object = None, headers: Mapping[str, str] | None = None) -> Response:
        """The answer, kept in the handler's transaction if the request carries an Idempotency-Key."""
        # Dumping may read columns that the flush fills in.
        flush_objects(session)
        response = render(self, answer, headers)
        if self.idempotency_key and not self.route.confidential:
            idempotency.keep(session, self.idempotency_key, self.caller_key, self.fingerprint, response)
        return response


def version_of(if_match: str | None) -> int:
    """The version that the caller read, from `If-Match`; raises VersionRequired, StaleVersion."""
    header = (if_match or "").strip()
    if header in ("", "*"):
        raise VersionRequired()
    found = ETAG.fullmatch(header)
    if found is None:
        raise StaleVersion()
    return int(found[1])


AnyRequest: TypeAlias = Request[Any, Any, Any]  # Any: whatever it carries


def render(request: AnyRequest, answer: object, headers: Mapping[str, str] | None = None) -> Response:
    """What a handler returned, as a response: dumped by the route's schema, with ETag and Link where they belong."""
    if isinstance(answer, Response):
        return answer
    if answer is None:
        return Response(status=204, headers=headers)
    content = _encode(_dump(request, answer))
    response = Response(content, status=request.route.status, headers=headers, content_type="application/json")
    version = answer.get("version") if isinstance(answer, Mapping) else getattr(answer, "version", None)
    if isinstance(version, int) and not isinstance(version, bool):
        response.headers["ETag"] = f'"{version}"'
    if isinstance(answer, Page) and answer.next_cursor:
        # Cursors are URL-safe, so the address can be completed as text.
        others = {name: value for name, value in request.raw_request.args.items(multi=True) if name != "cursor"}
        response.headers["Link"] = f'<{_address(request.raw_request.path, others, answer.next_cursor)}>; rel="next"'
    return _or_not_modified(request, response)


def _address(path: str, arguments: Mapping[str, str], cursor: str) -> str:
    return f"{path}?{urlencode({**arguments, 'cursor': cursor})}"


def _or_not_modified(request: AnyRequest, response: Response) -> Response:
    raw = request.raw_request
    if raw.method not in ("GET", "HEAD") or "If-None-Match" not in raw.headers or "ETag" not in response.headers:
        return response
    etag, _ = response.get_etag()
    if raw.if_none_match.contains_weak(etag or ""):
        return Response(status=304, headers={"ETag": response.headers["ETag"]})
    return response


def _dump(request: AnyRequest, answer: object) -> object:
    schema = request.route.returns
    if isinstance(answer, Page):
        items = dump(schema, answer.items, many=True) if schema else answer.items
        return {"items": items, "next": answer.next_cursor}
    if schema is None:
        return answer
    if isinstance(answer, list) and not schema.many:
        raise TypeError(f"the route is described to answer one {type(schema).__name__}; say `returns=…(many=True)`")
    return dump(schema, answer)


def _encode(answer: object) -> bytes:
    return ENCODER.encode(answer).encode()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)
