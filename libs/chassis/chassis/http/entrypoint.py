"""`@http`: one declaration says what a route takes, gives and asks for; the handler below it gets that, checked."""

from __future__ import annotations

import functools
import logging
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import eventlet
from eventlet.event import Event
from marshmallow import Schema as MarshmallowSchema
from nameko.web.handlers import HttpRequestHandler
from sqlalchemy.exc import SQLAlchemyError
from structlog.contextvars import bind_contextvars
from werkzeug.routing import Rule
from werkzeug.wrappers import Request as WerkzeugRequest
from werkzeug.wrappers import Response

from chassis.errors import CqoError, Forbidden
from chassis.http import body, idempotency, problems
from chassis.http.metrics import http_duration
from chassis.http.request import Request, render
from chassis.http.schemas import PageQuery, QuerySchema, load_body, load_query, storable
from chassis.http.server import Server, instance_of
from chassis.security import Access, RoleGroup
from chassis.security.tokens import KeySource, Verifier

log = logging.getLogger(__name__)

HANDLER_DEADLINE = 60  # seconds
SAFE_METHODS = ("GET", "HEAD")
BARE_ID = re.compile(r"<(\w+_id)>")
WRITING_METHODS = ("POST", "PUT", "PATCH", "DELETE")

ANYONE = RoleGroup.ANYONE  # any role, but a valid token
PUBLIC: frozenset[str] = frozenset()  # no token is asked for

# Making a schema takes longer than using it.
NO_QUERY, PAGE = QuerySchema(), PageQuery()

Arguments = Mapping[str, Any]
SchemaOrClass = MarshmallowSchema | type[MarshmallowSchema] | None


class HttpEntrypoint(HttpRequestHandler):
    """A route: its address, what it takes and gives, and who may use it."""

    server = Server()

    def __init__(
        self,
        method: str,
        url: str,
        *,
        body: SchemaOrClass = None,
        query: SchemaOrClass = None,
        returns: SchemaOrClass = None,
        roles: Collection[str] | RoleGroup = ANYONE,
        status: int | None = None,
        summary: str = "",
        description: str = "",
        paged: bool = False,
        file: bool = False,
        confidential: bool = False,
        produces: str | None = None,
        problems: Iterable[type[CqoError]] = (),
        limit: int | None = None,
        **options: Any,
    ) -> None:
        """What the arguments mean is told by `http`, below."""
        super().__init__(method.upper(), url, **options)
        self.body = _instance(body)
        self.query = _instance(query)
        self.returns = _instance(returns)
        self.declared_roles = roles
        self.status = status
        self.summary = summary
        self.description = description
        self.paged = paged
        self.file = file
        self.confidential = confidential
        self.produces = produces
        self.problems = tuple(problems)
        self.limit = limit

    def get_url_rule(self) -> Rule:
        return Rule(self.path, methods=self.method.split(","))

    @property
    def path(self) -> str:
        """The address; an argument whose name ends in `_id` must be a UUID, or nothing is there."""
        return BARE_ID.sub(r"<id:\1>", self.url)

    @property
    def template(self) -> str:
        """The address as OpenAPI and the metrics write it: /enterprises/{enterprise_id}."""
        return re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", self.url)

    @functools.cached_property
    def access(self) -> Access:
        """The roles of the system that this service belongs to."""
        found: Access = self.container.config["access"]
        return found

    @functools.cached_property
    def roles(self) -> frozenset[str]:
        """Who may call; PUBLIC if no token is asked for."""
        declared = self.declared_roles
        return self.access.members(declared) if isinstance(declared, RoleGroup) else frozenset(declared)

    @functools.cached_property
    def verifier(self) -> Verifier:
        settings = self.container.config["cqo"]
        return Verifier(key_source(settings.jwks), settings.token_issuer, settings.token_audience, self.access)

    def answer(self, http: WerkzeugRequest, arguments: Arguments, correlation_id: str, language: str) -> Response:
        """The answer to a request that matched this route, measured."""
        started = time.perf_counter()
        bind_contextvars(correlation_id=correlation_id)
        request: Request = Request(self, http, correlation_id, language)
        try:
            self.prepare(request, arguments)
            response = self.run(request, arguments)
        except (Exception, eventlet.Timeout) as fault:
            response = _problem(request, fault)
        service = self.container.config["cqo"].service
        took = time.perf_counter() - started
        http_duration.labels(service, http.method, self.template, response.status_code).observe(took)
        # What succeeded without changing anything is counted above and not worth a line.
        quiet = http.method in SAFE_METHODS and response.status_code < 400
        log.log(
            logging.DEBUG if quiet else logging.INFO,
            "%s %s answered %d in %.0f ms",
            http.method,
            self.template,
            response.status_code,
            1000 * took,
            extra={"caller": request.caller_key or None},
        )
        return response

    def prepare(self, request: Request, arguments: Arguments) -> None:
        """Authenticates the caller, reads the body, and checks what needs no database."""
        http = request.http
        if self.roles != PUBLIC:
            request.caller = self.verifier.authenticate(http.headers.get("Authorization"))
            if request.caller.role not in self.roles:
                raise Forbidden(your_role=request.caller.role, roles=sorted(self.roles))
        if not all(storable(value) for value in arguments.values() if isinstance(value, str)):
            raise problems.NoSuchAddress()
        request.idempotency_key = idempotency.checked_key(http.headers.get("Idempotency-Key"))
        if http.method in WRITING_METHODS:
            self._take_body(request)
        self._take_query(request)

    def _take_body(self, request: Request) -> None:
        if self.body is not None:
            body.require_media_type(request.http.mimetype, body.JSON)
        elif self.file:
            body.require_media_type(request.http.mimetype, body.WORKBOOK)
        request.raw = body.read(request.http, body.limit_for(request.http, self.limit))
        if self.body is not None:
            request.body = load_body(self.body, request.raw)

    def _take_query(self, request: Request) -> None:
        arguments = request.http.args.copy()
        if self.paged:
            page = {name: arguments.poplist(name) for name in ("limit", "cursor") if name in arguments}
            request.page = load_query(PAGE, type(arguments)(page))
        request.query = load_query(self.query or NO_QUERY, arguments)

    def run(self, request: Request, arguments: Arguments) -> Response:
        """Runs the handler in a worker of its own and waits for its answer."""
        done = Event()
        self.container.spawn_worker(
            self, (request,), dict(arguments), handle_result=functools.partial(self.handle_result, done)
        )
        return done.wait()


def _instance(schema: SchemaOrClass) -> MarshmallowSchema | None:
    return schema() if isinstance(schema, type) else schema


def _problem(request: Request, fault: BaseException) -> Response:
    return problems.response(
        fault,
        language=request.language,
        correlation_id=request.correlation_id,
        instance=instance_of(request.http),
    )


@functools.cache
def key_source(location: str) -> KeySource:
    """One source per location, shared by all routes of the process."""
    return KeySource(location)


def http(method: str, url: str, **declaration: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declares a handler's route.

    `body`, `query`, `returns`: marshmallow schemas. `roles`: who may call it (ANYONE: any valid token; PUBLIC: no
    token). `paged`: the handler returns a Page, and takes `limit` and `cursor`. `file`: the body is a workbook.
    `confidential`: the answer is never kept for an Idempotency-Key. `status`, `summary`, `description`, `produces` (a
    media type other than JSON) and `problems` (the errors to expect) are for the documentation. `limit`: bytes.
    """

    def decorate(handler: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(handler)
        def handle(service: Any, request: Request, **arguments: Any) -> Response:
            bind_contextvars(correlation_id=request.correlation_id)
            try:
                with eventlet.Timeout(HANDLER_DEADLINE):
                    return _once(service, request, functools.partial(handler, service, request, **arguments))
            except (Exception, eventlet.Timeout) as fault:
                return _problem(request, fault)

        # nameko registers the function it is given, so it has to be the one that turns errors into problems.
        return HttpEntrypoint.decorator(method, url, **declaration)(handle)

    return decorate


def _once(service: Any, request: Request, handler: Callable[[], Any]) -> Response:
    key = request.idempotency_key
    if key is None or request.http.method in SAFE_METHODS:
        return render(request, handler())
    kept = _kept(service, request, key)
    if kept is not None:
        return kept
    try:
        return render(request, handler())
    except (CqoError, SQLAlchemyError):
        # A rival with the same key may have committed since; then its answer is the answer to this one too.
        kept = _kept(service, request, key)
        if kept is None:
            raise
        return kept


def _kept(service: Any, request: Request, key: str) -> Response | None:
    if request.route.confidential or not hasattr(service, "db"):
        return None
    with service.db.begin() as session:
        return idempotency.find(session, key, request.caller_key, request.fingerprint)
