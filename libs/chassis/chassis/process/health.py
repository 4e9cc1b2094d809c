"""Whether a process lives, and whether it is ready: routes for the API and the worker alike.

`/health/live` says that the process answers. `/health/ready` says that it can do its work: its database answers and
has the tables that the code expects, and for a worker the broker answers and has the service's inbox. An API is ready
without the broker, since its events wait in the outbox; it only reports the broker's state. A process that has been
told to end is not ready, though it still answers.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias, Unpack

import eventlet
from amqp.exceptions import NotFound as NoSuchQueue
from eventlet.greenthread import GreenThread
from sqlalchemy import exc as database
from sqlalchemy import text
from werkzeug.wrappers import Response

from chassis import broker, metrics
from chassis.broker import topology
from chassis.data import engine_for
from chassis.http import PUBLIC, Declaration, HttpEntrypoint, PathArguments, Request
from chassis.json_types import JsonValue
from chassis.messaging.inbox.agreement import Standing, standings
from chassis.process.revisions import revisions_of
from chassis.settings import Settings

log = logging.getLogger(__name__)

TIMEOUT = 2  # seconds each check may take
KEPT = 1.0  # seconds a result is given again, so that probes can't load what they check
KEPT_BAD = 0.2  # the same of one that is not good: what comes back is seen soon
PRESENT_REVISION = text("SELECT version_num FROM alembic_version")


@dataclass(frozen=True)
class CheckResult:
    """What a check found; one that is not `required` is reported and does not decide."""

    ok: bool
    detail: str
    required: bool = True


CheckResults: TypeAlias = dict[str, CheckResult]  # by what was checked: database, migrations, broker
HealthHandler: TypeAlias = Callable[[Any, Request], Response]  # Any: the class of the routes


class Probe(HttpEntrypoint):
    """A route answered outside the worker pool, so that a flood of requests can't make a process look dead."""

    def run(self, request: Request, arguments: PathArguments) -> Response:
        answered: Response = getattr(self.container.service_cls(), self.method_name)(request)
        return answered


def probe(url: str, **declared: Unpack[Declaration]) -> Callable[[HealthHandler], HealthHandler]:
    """Declares a route without a token or a transaction."""
    declare: Callable[[HealthHandler], HealthHandler] = Probe.decorator("GET", url, roles=PUBLIC, **declared)
    return declare


class HealthRoutes:
    """`/health/live`, `/health/ready` and `/metrics`; for the API and for the worker of a service."""

    @probe("/health/live", summary="Whether the process answers")
    def live(self, request: Request) -> Response:
        return _json({"status": "live"})

    @probe("/health/ready", summary="Whether the process can do its work")
    def ready(self, request: Request) -> Response:
        container = request.route.container
        results = dict(_recent(container.config["cqo"], container.service_name))
        if container.is_ending:
            results["process"] = CheckResult(False, "it has been told to end")
        is_ready = all(result.ok or not result.required for result in results.values())
        checks = {name: asdict(result) for name, result in results.items()}
        return _json({"status": "ready" if is_ready else "not ready", "checks": checks}, 200 if is_ready else 503)

    @probe("/metrics", summary="What the process counts and measures, for Prometheus", produces="text/plain")
    def metrics(self, request: Request) -> Response:
        return Response(metrics.render(), content_type=metrics.CONTENT_TYPE)


def _json(content: JsonValue, status: int = 200) -> Response:
    return Response(json.dumps(content), status=status, content_type="application/json")


@dataclass
class _Kept:
    results: CheckResults = field(default_factory=dict)
    until: float = 0.0
    running: GreenThread | None = None  # the check that is under way, for all who ask meanwhile


_kept: dict[str, _Kept] = {}


def _recent(settings: Settings, process: str) -> CheckResults:
    """The results of `process`, no older than KEPT; a thousand who ask at once cost one check."""
    kept = _kept.setdefault(process, _Kept())
    if time.monotonic() < kept.until:
        return kept.results
    if kept.running is None:
        # In a greenlet of its own, which goes on though the one who asked first goes away.
        kept.running = eventlet.spawn(_renew, kept, settings, process)
    renewed: CheckResults = kept.running.wait()
    return renewed


def _renew(kept: _Kept, settings: Settings, process: str) -> CheckResults:
    try:
        kept.results = check(settings, process)
        is_good = all(result.ok for result in kept.results.values())
        kept.until = time.monotonic() + (KEPT if is_good else KEPT_BAD)
    finally:
        kept.running = None
    return kept.results


def check(settings: Settings, process: str) -> CheckResults:
    """Runs the checks of `process` (`<service>-api` or `<service>-worker`), side by side."""
    kind = process.rpartition("-")[2]
    is_worker = kind == "worker"
    running = [
        eventlet.spawn(_within_time, "database", True, lambda: _check_database(settings, process)),
        eventlet.spawn(_within_time, "broker", is_worker, lambda: _check_broker(settings, is_worker)),
    ]
    results: CheckResults = {}
    for thread in running:
        results.update(thread.wait())
    for name, result in results.items():
        metrics.ready.labels(settings.service, f"{kind}_{name}").set(result.ok)
    return results


def _within_time(name: str, required: bool, run: Callable[[], CheckResults]) -> CheckResults:
    try:
        with eventlet.Timeout(TIMEOUT):
            return run()
    except (Exception, eventlet.Timeout) as fault:
        # The driver's own message may hold the address and the user's name; it goes to the log only.
        log.warning("the %s is not ready: %s", name, fault)
        reason = f"no answer within {TIMEOUT} s" if isinstance(fault, eventlet.Timeout) else type(fault).__name__
        return {name: CheckResult(False, reason, required)}


def _check_database(settings: Settings, process: str) -> CheckResults:
    started = time.perf_counter()
    with engine_for(settings.database_url, process).connect() as connection:
        try:
            found = connection.scalar(PRESENT_REVISION)
        except database.ProgrammingError as fault:
            log.info("the database has no revision yet: %s", type(fault.orig).__name__)
            found = None
        answered = CheckResult(True, f"answered in {1000 * (time.perf_counter() - started):.1f} ms")
        results = {"database": answered, "migrations": _check_migrations(settings.service, found)}
        if settings.feeds and results["migrations"].ok:
            results["agreement"] = _agreement(settings.service, standings(connection))
    return results


def _agreement(service: str, found: Mapping[str, Standing]) -> CheckResult:
    """Whether what this service has applied is what its publishers hold; it goes on working if it is not."""
    differing = [
        f"{publisher}: {', '.join(f'{number} {what}' for what, number in each.differing.items()) or each.problem}"
        for publisher, each in found.items()
        if each.differing or each.problem
    ]
    if differing:
        command = f"python -m chassis.process.cli {service} reconcile"
        return CheckResult(False, f"{'; '.join(differing)}; {command} lists what differs", required=False)
    compared = [publisher for publisher, each in found.items() if each.agrees]
    return CheckResult(True, f"agrees with {', '.join(compared)}" if compared else "not compared yet", required=False)


def _check_migrations(service: str, found: str | None) -> CheckResult:
    expected = revisions_of(service)
    if found is None:
        return CheckResult(False, f"the database is not migrated; head is {expected.head}")
    # A revision this code does not know is a later one: migrations work with the version that runs before them.
    is_late = found not in expected.known
    return CheckResult(found == expected.head or is_late, f"at {found}, head is {expected.head}")


def _check_broker(settings: Settings, is_worker: bool) -> CheckResults:
    inbox = f"{settings.service}.inbox"
    connection = broker.connect(settings.amqp_url, f"{settings.service} health")
    try:
        if is_worker:
            connection.channel().queue_declare(queue=inbox, passive=True)
        if not topology.is_complete(connection):
            return {"broker": CheckResult(False, "bindings may be missing; apply the topology", is_worker)}
    except NoSuchQueue:
        return {"broker": CheckResult(False, f"the queue {inbox} is missing; apply the topology")}
    finally:
        broker.close(connection)
    return {"broker": CheckResult(True, "answered", is_worker)}
