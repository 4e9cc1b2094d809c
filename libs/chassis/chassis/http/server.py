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
from nameko.web.server import BindAddress, HttpOnlyProtocol, WebServer, parse_address
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, Map
from werkzeug.wrappers import Request as WerkzeugRequest
from werkzeug.wrappers import Response

from chassis.http import problems
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


class Server(WebServer):  # type: ignore[misc]  # nameko has no types
    """Listens on the service's port and hands each request to the route that matches."""

    def __init__(self) -> None:
        super().__init__()
        self.in_flight = 0

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
                # Out of descriptors, or the peer is gone again: wait for some to be given back, and go on.
                log.warning("a connection could not be accepted: %s", fault)
                eventlet.sleep(0.2 if fault.errno in OUT_OF_RESOURCES else 0)
                continue
            connection.settimeout(SOCKET_TIMEOUT)
            self.container.spawn_managed_thread(partial(self.process_request, connection, address))

    def process_request(self, sock: socket.socket, address: tuple[str, int]) -> None:
        try:
            super().process_request(sock, address)
        except Exception as fault:
            # nameko takes down the whole container when a managed thread raises, whatever one client did.
            log.warning("a connection ended badly: %s: %s", type(fault).__name__, fault)

    def get_wsgi_app(self) -> App:
        return App(self)

    def get_wsgi_server(
        self,
        sock: socket.socket,
        wsgi_app: WSGIApplication,
        protocol: type[wsgi.HttpProtocol] = HttpOnlyProtocol,
        debug: bool = False,
    ) -> wsgi.Server:
        return wsgi.Server(
            sock,
            sock.getsockname(),
            wsgi_app,
            protocol=protocol,
            debug=False,
            log=log,
            log_output=False,
            # Beyond this eventlet answers by itself, without a word of explanation.
            url_length_limit=8 * MAX_ADDRESS,
            socket_timeout=SOCKET_TIMEOUT,
        )

    def make_url_map(self) -> Map:
        url_map = Map(converters={"id": IdConverter}, strict_slashes=False, merge_slashes=False)
        for provider in self._providers:
            rule = provider.get_url_rule()
            rule.endpoint = provider
            url_map.add(rule)
        return url_map

    def stop(self) -> None:
        """Takes no more connections, and lets the answers under way go out."""
        self._is_accepting = False
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
            raw_request = WerkzeugRequest(environ)
            correlation_id = correlation_of(raw_request)
            response = self.respond(raw_request, correlation_id)
            if response.status_code == 413:
                drain(raw_request)
            return finish(response, correlation_id, self.server._is_accepting)(environ, start_response)
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
    best = raw_request.accept_languages.best_match(["en", "zh", "zh-CN"], default="en")
    return "zh" if (best or "en").startswith("zh") else "en"


def instance_of(raw_request: WerkzeugRequest) -> str:
    """The address the problem occurred at, as a URI reference."""
    return quote(raw_request.path.encode("utf-8", "replace"), safe="/:@!$&'()*+,;=-._~")


def finish(response: Response, correlation_id: str, keep_open: bool) -> Response:
    """Adds the headers that every answer carries."""
    response.headers["X-Correlation-Id"] = correlation_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    if response.status_code in (408, 413) or not keep_open:
        response.headers["Connection"] = "close"
    return response


def drain(raw_request: WerkzeugRequest) -> None:
    """Reads on a little after refusing a body, since a sender that is cut off never reads why."""
    if "Expect" in raw_request.headers:
        return  # It waits for our word before it sends, and gets the refusal instead.
    left = DRAIN_LIMIT
    with eventlet.Timeout(5, False):
        while left > 0:
            try:
                part = raw_request.environ["wsgi.input"].read(min(1 << 16, left))
            except (OSError, ValueError) as fault:
                log.info("a refused body ended badly: %s", fault)
                return
            if not part:
                return
            left -= len(part)
