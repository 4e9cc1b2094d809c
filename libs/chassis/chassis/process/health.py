"""Whether a process lives, and whether it is ready: routes for the API and the worker alike.

`/health/live` says that the process answers. `/health/ready` says that it can do its work: its database answers and
has the tables that the code expects, and for a worker the broker answers and has the service's inbox. An API is ready
without the broker, since its events wait in the outbox; it only reports the broker's state.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import eventlet
from amqp.exceptions import NotFound as NoSuchQueue
from sqlalchemy import exc as database
from sqlalchemy import text
from werkzeug.wrappers import Response

from chassis import metrics
from chassis.data import engine_for
from chassis.http import PUBLIC, HttpEntrypoint, Request
from chassis.messaging import broker, topology
from chassis.process import revisions
from chassis.settings import Settings

log = logging.getLogger(__name__)

TIMEOUT = 2  # seconds each check may take
KEPT = 1.0  # seconds an outcome is given again, so that probes can't load what they check
KEPT_BAD = 0.2  # the same of one that is not good: what comes back is seen soon


@dataclass(frozen=True)
class Outcome:
    """What a check found; one that is not `required` is reported and does not decide."""

    ok: bool
    detail: str
    required: bool = True


class Probe(HttpEntrypoint):
    """A route answered outside the worker pool, so that a flood of requests can't make a process look dead."""

    def run(self, request: Request, arguments: Mapping[str, Any]) -> Response:
        handler = getattr(self.container.service_cls(), self.method_name)
        return handler(request)  # type: ignore[no-any-return]


def probe(url: str, summary: str, **declaration: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declares a route without a token or a transaction."""
    return Probe.decorator("GET", url, roles=PUBLIC, summary=summary, **declaration)  # type: ignore[no-any-return]


class HealthRoutes:
    """`/health/live`, `/health/ready` and `/metrics`; for the API and for the worker of a service."""

    @probe("/health/live", "Whether the process answers")
    def live(self, request: Request) -> Response:
        return _json({"status": "live"})

    @probe("/health/ready", "Whether the process can do its work")
    def ready(self, request: Request) -> Response:
        container = request.route.container
        outcomes = _readiness(container.config["cqo"], container.service_name)
        is_ready = all(outcome.ok or not outcome.required for outcome in outcomes.values())
        checks = {name: asdict(outcome) for name, outcome in outcomes.items()}
        return _json({"status": "ready" if is_ready else "not ready", "checks": checks}, 200 if is_ready else 503)

    @probe("/metrics", "What the process counts and measures, for Prometheus", produces="text/plain")
    def metrics(self, request: Request) -> Response:
        return Response(metrics.render(), content_type=metrics.CONTENT_TYPE)


def _json(content: Any, status: int = 200) -> Response:
    return Response(json.dumps(content), status=status, content_type="application/json")


@dataclass
class _Kept:
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    until: float = 0.0


_kept: dict[str, _Kept] = {}


def _readiness(settings: Settings, process: str) -> dict[str, Outcome]:
    kept = _kept.setdefault(process, _Kept())
    if time.monotonic() >= kept.until:
        kept.outcomes = check(settings, process)
        is_good = all(outcome.ok for outcome in kept.outcomes.values())
        kept.until = time.monotonic() + (KEPT if is_good else KEPT_BAD)
    return kept.outcomes


def check(settings: Settings, process: str) -> dict[str, Outcome]:
    """Runs the checks of `process` (`<service>-api` or `<service>-worker`), side by side."""
    inbox = f"{settings.service}.inbox" if process.endswith("-worker") else None
    running = {
        "database": eventlet.spawn(_within_time, _database, settings, process),
        "broker": eventlet.spawn(_within_time, _broker, settings, inbox),
    }
    outcomes: dict[str, Outcome] = {}
    for thread in running.values():
        outcomes.update(thread.wait())
    for name, outcome in outcomes.items():
        metrics.ready.labels(settings.service, f"{process.rpartition('-')[2]}_{name}").set(outcome.ok)
    return outcomes


def _within_time(
    run: Callable[[Settings, Any], dict[str, Outcome]], settings: Settings, argument: Any
) -> dict[str, Outcome]:
    name = run.__name__.strip("_")
    required = name != "broker" or argument is not None
    try:
        with eventlet.Timeout(TIMEOUT):
            return run(settings, argument)
    except (Exception, eventlet.Timeout) as fault:
        # The driver's own message may hold the address and the user's name; it goes to the log only.
        log.warning("the %s is not ready: %s", name, fault)
        reason = f"no answer within {TIMEOUT} s" if isinstance(fault, eventlet.Timeout) else type(fault).__name__
        return {name: Outcome(False, reason, required)}


def _database(settings: Settings, process: str) -> dict[str, Outcome]:
    started = time.perf_counter()
    with engine_for(settings.database_url, process).connect() as connection:
        try:
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
        except database.ProgrammingError as fault:
            log.info("the database has no revision yet: %s", type(fault.orig).__name__)
            found = None
    answered = Outcome(True, f"answered in {1000 * (time.perf_counter() - started):.1f} ms")
    return {"database": answered, "migrations": _migrations(settings.service, found)}


def _migrations(service: str, found: str | None) -> Outcome:
    head, known = revisions.known(service)
    if found is None:
        return Outcome(False, f"the database is not migrated; head is {head}")
    # A revision this code does not know is a later one: migrations work with the version that runs before them.
    return Outcome(found == head or found not in known, f"at {found}, head is {head}")


def _broker(settings: Settings, inbox: str | None) -> dict[str, Outcome]:
    connection = broker.connect(settings.amqp_url, f"{settings.service} health")
    try:
        if inbox:
            connection.channel().queue_declare(queue=inbox, passive=True)
        if not topology.is_complete(connection):
            return {"broker": Outcome(False, "bindings may be missing; apply the topology", required=inbox is not None)}
    except NoSuchQueue:
        return {"broker": Outcome(False, f"the queue {inbox} is missing; apply the topology")}
    finally:
        broker.close(connection)
    return {"broker": Outcome(True, "answered", required=inbox is not None)}
