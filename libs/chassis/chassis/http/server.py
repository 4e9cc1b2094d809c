"""The web server under every route: nameko's, with the ways closed in which one connection could stop a service."""

from __future__ import annotations

import errno
import logging
import re
import socket
from collections.abc import Iterable
from functools import partial
from urllib.parse import quote
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import eventlet
from eventlet import wsgi
from nameko.constants import WEB_SERVER_CONFIG_KEY
from nameko.web.server import BindAddress, WebServer, parse_address
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, Map
from werkzeug.wrappers import Request as WerkzeugRequest
from werkzeug.wrappers import Response

from chassis.http import problems
from chassis.http.chunks import ChunkedInput
from chassis.http.connections import Connections
from chassis.http.protocol import Protocol
from chassis.ids import new_id

log = logging.getLogger(__name__)

CORRELATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{7,127}")
SOCKET_TIMEOUT = 60  # seconds an idle or silent connection is kept
MAX_ADDRESS = 8192
DRAIN_LIMIT = 16 << 20
OUT_OF_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class IdConverter(BaseConverter):
    """A UUID in canonical form; any other text is no object's address."""

    regex = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class NumberConverter(BaseConverter):
    """A number in plain digits; Python takes those of every script, and so does werkzeug's own converter."""

    regex = r"0|[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)


class Server(WebServer):  # type: ignore[misc]  # nameko has no types
    """Listens on the service's port and hands each request to the route that matches."""

    def __init__(self) -> None:
        super().__init__()
        self._is_accepting = True
        self.in_flight = 0
        self.connections = Connections()

    @property
    def bind_addr(self) -> BindAddress:
        configured = self.container.config.get(WEB_SERVER_CONFIG_KEY)
        if configured:
            return parse_address(configured)
        settings = self.container.config["cqo"]
        is_worker = self.container.service_name.endswith("-worker")
        return BindAddress(settings.http_host, settings.worker_port if is_worker else settings.http_port)

    def run(self) -> None:
        while self._is_accepting:
            try:
                connection, address = self._sock.accept()
            except OSError as fault:
                if not self._is_accepting:
                    return
                # Out of descriptors, or the peer is gone again: take one back, wait for it, and go on.
                log.warning("a connection could not be accepted: %s", fault)
                if fault.errno in OUT_OF_RESOURCES:
                    self.connections.end_longest_waiting()
                eventlet.sleep(0.2 if fault.errno in OUT_OF_RESOURCES else 0)
                continue
            connection.settimeout(SOCKET_TIMEOUT)
            # Else the second part of an answer waits until the caller acknowledges the first, which may take it 40 ms.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections.add(connection)
            self.container.spawn_managed_thread(partial(self.process_request, connection, address))

    def process_request(self, sock: socket.socket, address: tuple[str, int]) -> None:
        try:
            super().process_request(sock, address)
        except Exception as fault:
            # nameko takes down the whole container when a managed thread raises, whatever one client did.
            log.warning("a connection ended badly: %s: %s", type(fault).__name__, fault)
        finally:
            self.connections.remove(sock)
            sock.close()

    def get_wsgi_app(self) -> App:
        return App(self)

    def get_wsgi_server(
        self,
        sock: socket.socket,
        wsgi_app: WSGIApplication,
        protocol: type[wsgi.HttpProtocol] = Protocol,
        debug: bool = False,
    ) -> wsgi.Server:
        server = wsgi.Server(
            sock,
            sock.getsockname(),
            wsgi_app,
            protocol=protocol,
            debug=False,
            log=log,
            log_output=False,
            # Beyond this a line is no longer read to its end.
            url_length_limit=8 * MAX_ADDRESS,
            socket_timeout=SOCKET_TIMEOUT,
        )
        server.on_waiting, server.on_request = self.connections.wait, self.connections.serve
        return server

    def make_url_map(self) -> Map:
        url_map = Map(converters={"id": IdConverter, "int": NumberConverter}, strict_slashes=False, merge_slashes=False)
        for provider in self._providers:
            rule = provider.get_url_rule()
            rule.endpoint = provider
            url_map.add(rule)
        return url_map

    @property
    def keeps_connections(self) -> bool:
        """Whether a connection may bring a next request: not when the process ends, so that none is cut off by it."""
        return bool(self._is_accepting and not self.container.is_ending)

    def stop_accepting(self) -> None:
        """Takes no more connections; those that are open go on."""
        if self._is_accepting:
            self._is_accepting = False
            self._gt.kill()
            self._sock.close()

    def stop(self) -> None:
        """Takes no more connections, and lets the answers under way go out."""
        self.stop_accepting()
        with eventlet.Timeout(5, False):
            while self.in_flight:
                eventlet.sleep(0.02)
        super().stop()


class App:
    """The WSGI application: every answer carries its correlation id, and every failure is a problem."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.url_map = server.make_url_map()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.server.in_flight += 1
        try:
            # Not in the environment as well: each would then keep the other until the garbage collector comes.
            raw_request = WerkzeugRequest(environ, populate_request=False)
            correlation_id = correlation_of(raw_request)
            response = self.respond(raw_request, correlation_id)
            if (is_unread(environ) and not drain(raw_request)) or not self.server.keeps_connections:
                # What is left of the body would be taken for the next request.
                environ["cqo.close"]()
            return finish(response, correlation_id)(environ, start_response)
        finally:
            self.server.in_flight -= 1

    def respond(self, raw_request: WerkzeugRequest, correlation_id: str) -> Response:
        """The answer of the route that matches, or the problem that none does."""
        language = language_of(raw_request)
        try:
            if len(raw_request.environ.get("RAW_PATH_INFO", "")) + len(raw_request.query_string) > MAX_ADDRESS:
                raise problems.AddressTooLong()
            route, arguments = self.url_map.bind_to_environ(raw_request.environ).match()
        except (HTTPException, problems.AddressTooLong) as fault:
            return problems.response(
                fault, language=language, correlation_id=correlation_id, instance=instance_of(raw_request)
            )
        answered: Response = route.answer(raw_request, arguments, correlation_id, language)
        return answered


def correlation_of(raw_request: WerkzeugRequest) -> str:
    """The caller's correlation id, if it is one; else a new one."""
    given = raw_request.headers.get("X-Correlation-Id") or raw_request.headers.get("X-Request-Id") or ""
    return given if CORRELATION.fullmatch(given) else new_id()


def language_of(raw_request: WerkzeugRequest) -> str:
    """The language the caller reads best."""
    if "Accept-Language" not in raw_request.headers:
        return "en"
    best = raw_request.accept_languages.best_match(["en", "zh", "zh-CN"], default="en")
    return "zh" if (best or "en").startswith("zh") else "en"


def instance_of(raw_request: WerkzeugRequest) -> str:
    """The address the problem occurred at, as a URI reference."""
    return quote(raw_request.path.encode("utf-8", "replace"), safe="/:@!$&'()*+,;=-._~")


def finish(response: Response, correlation_id: str) -> Response:
    """Adds the headers that every answer carries."""
    response.headers["X-Correlation-Id"] = correlation_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def is_unread(environ: WSGIEnvironment) -> bool:
    """Whether some of the request's body has not been read."""
    body = environ["eventlet.input"]
    if isinstance(body, ChunkedInput):
        return not body.is_whole
    return bool(body.position < (body.content_length or 0))


def drain(raw_request: WerkzeugRequest) -> bool:
    """Reads on a little what nobody wants, since a sender that is cut off never reads why; whether that was all."""
    if "Expect" in raw_request.headers:
        return False  # It waits for our word before it sends, and gets the refusal instead.
    left = DRAIN_LIMIT
    with eventlet.Timeout(5, False):
        while left > 0:
            try:
                part = raw_request.environ["wsgi.input"].read(min(1 << 16, left))
            except (OSError, ValueError) as fault:
                log.info("a refused body ended badly: %s", fault)
                return False
            if not part:
                break
            left -= len(part)
    return not is_unread(raw_request.environ)
