"""The process of a service: nameko's containers with our settings around them, started, and stopped in time.

Loaded by `chassis.main`, after eventlet has patched the standard library.
"""

from __future__ import annotations

import functools
import gc
import importlib
import logging
import os
import signal
import socket
import sys
import typing
from collections.abc import Callable, Sequence
from typing import Any

import eventlet.green.socket
from eventlet import patcher, tpool
from eventlet.event import Event
from eventlet.greenthread import GreenThread
from nameko.containers import ServiceContainer, WorkerContext
from nameko.runners import ServiceRunner
from structlog.contextvars import bind_contextvars, get_contextvars

from chassis import __version__, metrics
from chassis import logging as logs
from chassis.security import Access
from chassis.settings import ConfigurationError, Settings, load

log = logging.getLogger(__name__)

PROCESSES = ("api", "worker")
STOP_WITHIN = 25  # seconds; less than the 30 s after which Kubernetes kills
MAX_WORKERS = 10  # handlers at once in each container: as many as it has database connections

resolve_blocking = patcher.original("socket").getaddrinfo


class Container(ServiceContainer):  # type: ignore[misc]  # nameko has no types
    """A container whose greenlets know, for their logs, which process they belong to and what caused them."""

    is_ending = False  # told to end: /health/ready says no, and no connection is kept for a next request

    @property
    def process(self) -> str:
        return str(self.service_name).rpartition("-")[2]

    def spawn_managed_thread(self, fn: Callable[[], object], identifier: str | None = None) -> GreenThread:
        inherited = get_contextvars() | {"process": self.process}

        def run() -> object:
            bind_contextvars(**inherited)
            return fn()

        spawned: GreenThread = super().spawn_managed_thread(run, identifier or getattr(fn, "__name__", "<unknown>"))
        return spawned

    def _worker_setup(self, worker_ctx: WorkerContext) -> None:
        bind_contextvars(process=self.process)
        super()._worker_setup(worker_ctx)


def resolve(host: Any, *arguments: Any, **options: Any) -> Any:  # Any: as getaddrinfo has them
    """getaddrinfo in a thread, so that a slow name server holds up nobody else; addresses need no thread."""
    try:
        return resolve_blocking(host, *arguments, **{**options, "flags": socket.AI_NUMERICHOST})
    except (socket.gaierror, TypeError):
        return tpool.execute(resolve_blocking, host, *arguments, **options)


def start(service: str, processes: Sequence[str], settings: Settings, access: Access) -> ServiceRunner:
    """Starts the containers of `processes`; returns their runner."""
    socket.getaddrinfo = eventlet.green.socket.getaddrinfo = resolve
    # nameko listens with eventlet's default, by which a second process would share the port and take half its requests.
    eventlet.listen = functools.partial(eventlet.listen, reuse_port=False)
    metrics.describe_build(service)
    runner = ServiceRunner(
        {"cqo": settings, "access": access, "AMQP_URI": settings.amqp_url, "max_workers": MAX_WORKERS}
    )
    runner.container_cls = Container
    for process in processes:
        module = importlib.import_module(f"{service}.{process}")
        runner.add_service(getattr(module, process.capitalize()))
    typing.clear_overloads()  # kept for who reads signatures: half a megabyte that the routes then have
    runner.start()
    # What has been loaded by now stays, and the collector need not look at it again. Its thresholds are Python's: rarer
    # collections find more at once, while all requests wait (the middle generation 13 ms after 35,000 objects).
    gc.collect()
    gc.freeze()
    gc.enable()
    log.info("%s %s started: %s", service, __version__, ", ".join(processes))
    return runner


def catch_signals() -> tuple[socket.socket, socket.socket]:
    """From now on each SIGTERM and SIGINT writes its number to the second socket, and the first one reads it.

    The hub may sleep for long in the kernel, and a handler alone does not end that sleep; a byte on a socket does. It
    stays there until it is read, so that a signal which comes during the start is not lost.
    """
    awake, alarm = socket.socketpair()
    alarm.setblocking(False)
    signal.set_wakeup_fd(alarm.fileno())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return awake, alarm


def stop_on_signal(awake: socket.socket, started: Event, drain_seconds: float) -> None:
    """Waits for SIGTERM or SIGINT; then ends what `started` has given, or leaves when the time is up.

    A worker takes no more deliveries at once. An API first says that it is not ready, and goes on answering for
    `drain_seconds`, in which those who send requests to it learn that; a second signal cuts this short.
    """
    number = awake.recv(1)[0]
    log.info("%s received: finishing what is under way", signal.Signals(number).name)
    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, STOP_WITHIN)
    containers: list[Container] = list(started.wait().containers)
    for container in containers:
        container.is_ending = True
    apis = [container for container in containers if container.process == "api"]
    for container in containers:
        if container not in apis:
            eventlet.spawn(container.stop)
    if apis:
        with eventlet.Timeout(drain_seconds, False):
            awake.recv(1)
    for container in apis:
        container.stop()


def give_up(*_: object) -> None:
    """Ends the process though something is still under way: what was not committed did not happen."""
    log.error("not finished within %d s; leaving", STOP_WITHIN)
    logging.shutdown()
    os._exit(1)


def main(arguments: Sequence[str]) -> int:
    """Runs until stopped; returns the process's exit status."""
    service, *chosen = arguments or [""]
    if not service or len(chosen) > 1 or not set(chosen) <= set(PROCESSES):
        sys.stderr.write("usage: python -m chassis.main <service> [api|worker]\n")
        return 2
    processes = tuple(chosen) or PROCESSES
    try:
        config = importlib.import_module(f"{service}.config")
        settings: Settings = load(config.Settings, service)
    except ConfigurationError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    logs.configure(service, "+".join(processes), settings.log_level)
    awake, _alarm = catch_signals()  # both are kept open by their names
    started = Event()
    eventlet.spawn(stop_on_signal, awake, started, settings.drain_seconds)
    try:
        runner = start(service, processes, settings, config.ACCESS)
        started.send(runner)
        runner.wait()
    except Exception:
        log.exception("%s ended", service)
        return 1
    log.info("%s stopped", service)
    return 0
