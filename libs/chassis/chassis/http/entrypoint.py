"""`@http`: one declaration says what a route takes, gives and asks for; the handler below it gets that, checked."""

from __future__ import annotations

import functools
import logging
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from types import FunctionType
from typing import Any, ParamSpec, TypedDict, Unpack, cast

import eventlet
from eventlet.event import Event
from marshmallow import Schema as MarshmallowSchema
from nameko.containers import ServiceContainer
from nameko.web.handlers import HttpRequestHandler
from werkzeug.routing import Rule
from werkzeug.wrappers import Request as WerkzeugRequest
from werkzeug.wrappers import Response

from chassis.errors import CqoError, Forbidden
from chassis.http import body, handling, idempotency, problems
from chassis.http.handling import SAFE_METHODS
from chassis.http.metrics import duration_of
from chassis.http.rate import Limiter, Rate
from chassis.http.request import Request, version_of
from chassis.http.schemas import PageQuery, QuerySchema, default_of, load_body, load_query, storable
from chassis.http.server import Server
from chassis.logging import correlation
from chassis.security import Access, RoleGroup
from chassis.security.tokens import KeySource, Verifier
from chassis.settings import Settings

log = logging.getLogger(__name__)

BARE_ID = re.compile(r"<(\w+_id)>")
WRITING_METHODS = ("POST", "PUT", "PATCH", "DELETE")

ANYONE = RoleGroup.ANYONE  # a valid token is asked for, and hardly a role is shut out
PUBLIC = RoleGroup.PUBLIC  # no token is asked for

# Making a schema takes longer than using it.
NO_QUERY, PAGE = QuerySchema(), PageQuery()

PathArguments = Mapping[str, str | int]
SchemaOrClass = MarshmallowSchema | type[MarshmallowSchema] | None
# A function: of routes that several services have, which schema one of them uses, given the class of its API.
SchemaOfService = Callable[[type[Any]], MarshmallowSchema]  # Any: an API of any class
HandlerP = ParamSpec("HandlerP")


class Declaration(TypedDict, total=False):
    """What `@http` may say of a route beside its method and address."""

    body: SchemaOrClass | SchemaOfService  # what the JSON body is loaded by
    query: SchemaOrClass  # what the query parameters are loaded by
    returns: SchemaOrClass  # what the answer is dumped by; of a Page, each of its items
    roles: Collection[str] | RoleGroup  # who may call; ANYONE where nothing is said, PUBLIC without a token
    paged: bool  # the handler returns a Page, and takes `limit` and `cursor`
    file: bool | tuple[str, ...]  # the body is a workbook, or a file of one of these media types
    confidential: bool  # the answer is never kept for an Idempotency-Key
    limit: int  # bytes that the body may have
    rate: Rate  # how often one address may call
    status: int  # that of success; 200 where nothing is said
    versioned: bool  # the caller names the version that it changes, in If-Match
    # For the documentation alone:
    summary: str
    description: str
    produces: str  # a media type other than JSON
    problems: Iterable[type[CqoError]]  # the errors to expect


class HttpEntrypoint(HttpRequestHandler):  # type: ignore[misc]  # nameko has no types
    """A route: its address, what it takes and gives, and who may use it."""

    server = Server()
    container: ServiceContainer

    def __init__(self, method: str, url: str, **declared: Unpack[Declaration]) -> None:
        """TypeError if nobody could call the route."""
        super().__init__(method.upper(), url)
        self.declared_body = declared.get("body")
        self.query = _instance(declared.get("query"))
        self.returns = _instance(declared.get("returns"))
        self.declared_roles = _checked_roles(url, declared.get("roles", ANYONE))
        self.status = declared.get("status", 200)
        self.versioned = declared.get("versioned", False)
        self.summary = declared.get("summary", "")
        self.description = declared.get("description", "")
        self.paged = declared.get("paged", False)
        self.file = _media_types(declared.get("file", False))
        self.confidential = declared.get("confidential", False)
        self.produces = declared.get("produces")
        self.problems = tuple(declared.get("problems", ()))
        self.limit = declared.get("limit")
        self.rate = declared.get("rate")

    def stop(self) -> None:
        # Before the requests in hand are waited for: else they might never end, as new ones come.
        self.server.stop_accepting()
        super().stop()

    def get_url_rule(self) -> Rule:
        return Rule(self.path, methods=self.method.split(","))

    @property
    def path(self) -> str:
        """The address; an argument whose name ends in `_id` must be a UUID, or nothing is there."""
        return BARE_ID.sub(r"<id:\1>", self.url)

    @functools.cached_property
    def template(self) -> str:
        """The address as OpenAPI and the metrics write it: /enterprises/{enterprise_id}."""
        return re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", self.url)

    @functools.cached_property
    def access(self) -> Access:
        """The roles of the system that this service belongs to."""
        found: Access = self.container.config["access"]
        return found

    @property
    def is_public(self) -> bool:
        """Whether no token is asked for."""
        return self.declared_roles is PUBLIC

    @functools.cached_property
    def body(self) -> MarshmallowSchema | None:
        """What the JSON body is loaded by, if there is to be one."""
        return self.body_for(self.container.service_cls)

    def body_for(self, api: type[Any]) -> MarshmallowSchema | None:  # Any: an API of any class
        """The same, in the API of a class."""
        declared = self.declared_body
        if isinstance(declared, FunctionType):
            made: MarshmallowSchema = declared(api)
            return made
        return _instance(cast(SchemaOrClass, declared))

    @functools.cached_property
    def roles(self) -> frozenset[str]:
        """The roles that may call; none on a public route."""
        declared = self.declared_roles
        return self.access.members(declared) if isinstance(declared, RoleGroup) else declared

    @property
    def settings(self) -> Settings:
        """Those of the service."""
        found: Settings = self.container.config["cqo"]
        return found

    @functools.cached_property
    def verifier(self) -> Verifier:
        settings = self.settings
        return Verifier(
            key_source(settings.jwks),
            settings.token_issuer,
            settings.token_audience,
            self.access,
            settings.token_hours,
            settings.machine_token_hours,
        )

    @functools.cached_property
    def limiter(self) -> Limiter | None:
        """What keeps the route's rate, where it has one."""
        proxies = frozenset(filter(None, map(str.strip, self.settings.trusted_proxies.split(","))))
        return None if self.rate is None else Limiter(self.rate, proxies)

    def answer(
        self, raw_request: WerkzeugRequest, arguments: PathArguments, correlation_id: str, language: str
    ) -> Response:
        """The answer to a request that matched this route, measured."""
        started = time.perf_counter()
        correlation.bind(correlation_id)
        request: Request = Request(self, raw_request, correlation_id, language)
        try:
            self.prepare(request, arguments)
            response = self.run(request, arguments)
        except (Exception, eventlet.Timeout) as fault:
            response = handling.problem(request, fault)
        self._report(request, response, time.perf_counter() - started)
        return response

    def _report(self, request: Request, response: Response, seconds: float) -> None:
        method, status = request.raw_request.method, response.status_code
        duration_of(self.settings.service, method, self.template, status).observe(seconds)
        # What succeeded without changing anything is counted above and not worth a line.
        level = logging.DEBUG if method in SAFE_METHODS and status < 400 else logging.INFO
        log.log(
            level,
            "%s %s answered %d in %.0f ms",
            method,
            self.template,
            status,
            1000 * seconds,
            extra={"caller": request.caller.subject if hasattr(request, "caller") else None},
        )

    def prepare(self, request: Request, arguments: PathArguments) -> None:
        """Authenticates the caller, reads the body, and checks what needs no database."""
        raw = request.raw_request
        if self.limiter is not None:
            self.limiter.require(raw.environ)
        if not self.is_public:
            request.caller = self.verifier.authenticate(raw.headers.get("Authorization"))
            if request.caller.role not in self.roles:
                raise Forbidden(your_role=request.caller.role, roles=sorted(self.roles))
        if not all(storable(value) for value in arguments.values() if isinstance(value, str)):
            raise problems.NoSuchAddress()
        if self.versioned:
            request.if_match = version_of(raw.headers.get("If-Match"))
        request.idempotency_key = idempotency.checked_key(raw.headers.get("Idempotency-Key"))
        if raw.method in WRITING_METHODS:
            self._take_body(request)
        self._take_query(request)

    def _take_body(self, request: Request) -> None:
        raw = request.raw_request
        if self.body is not None:
            body.require_media_type(raw.mimetype, body.JSON)
        elif self.file:
            body.require_media_type(raw.mimetype, *self.file)
        request.raw_body = body.read(raw, body.limit_for(raw, self.limit))
        if self.body is not None:
            request.body = load_body(self.body, request.raw_body)

    def _take_query(self, request: Request) -> None:
        arguments, query = request.raw_request.args, self.query or NO_QUERY
        if not arguments and (default := default_of(query)) is not None:
            request.query = default
            return
        arguments = arguments.copy()
        if self.paged:
            page = {name: arguments.poplist(name) for name in ("limit", "cursor") if name in arguments}
            request.page = load_query(PAGE, type(arguments)(page))
        request.query = load_query(query, arguments)

    def run(self, request: Request, arguments: PathArguments) -> Response:
        """Runs the handler in a worker of its own and waits for its answer."""
        done = Event()
        self.container.spawn_worker(
            self, (request,), dict(arguments), handle_result=functools.partial(self.handle_result, done)
        )
        answered: Response = done.wait()
        return answered


@functools.cache
def _instance(schema: SchemaOrClass) -> MarshmallowSchema | None:
    """The one schema of a class: routes share it, and so do a route's declaration and what nameko makes of it."""
    return schema() if isinstance(schema, type) else schema


def _media_types(file: bool | tuple[str, ...]) -> tuple[str, ...]:
    """The media types of the files that a route takes."""
    if isinstance(file, tuple):
        return file
    return (body.WORKBOOK,) if file else ()


def _checked_roles(url: str, roles: Collection[str] | RoleGroup) -> frozenset[str] | RoleGroup:
    """The declared roles; an empty collection would shut everybody out, or, misread, let everybody in."""
    if isinstance(roles, RoleGroup):
        return roles
    if isinstance(roles, str) or not roles:
        raise TypeError(f"{url}: `roles` names at least one role in a tuple, or is PUBLIC or ANYONE; not {roles!r}")
    return frozenset(roles)


@functools.cache
def key_source(location: str) -> KeySource:
    """One source per location, shared by all routes of the process."""
    return KeySource(location)


def http(
    method: str, url: str, **declared: Unpack[Declaration]
) -> Callable[[Callable[HandlerP, object]], Callable[HandlerP, Response]]:
    """Declares a handler's route; `Declaration` says what can be said of it.

    A handler has one transaction, and does nothing outside the database: it is run again where another transaction
    was in its way.
    """

    def decorate(handler: Callable[HandlerP, object]) -> Callable[HandlerP, Response]:
        @functools.wraps(handler)
        def handle(*args: HandlerP.args, **arguments: HandlerP.kwargs) -> Response:
            # nameko calls it with the service and what `run` gives.
            service, request = cast(tuple[Any, Request], args)  # Any: a service of any class
            correlation.bind(request.correlation_id)
            return handling.answer(service, request, functools.partial(handler, *args, **arguments))

        # nameko registers the function it is given, so it has to be the one that turns errors into problems.
        HttpEntrypoint.decorator(method, url, **declared)(handle)
        return handle

    return decorate
