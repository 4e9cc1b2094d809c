"""Running a handler: under a deadline, once for each Idempotency-Key, again after a clash."""

from __future__ import annotations

import functools
import logging
import random
from collections.abc import Callable
from typing import Any

import eventlet
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from chassis.data import is_contention
from chassis.errors import CqoError
from chassis.http import idempotency, problems
from chassis.http.request import Request, render
from chassis.http.server import instance_of

log = logging.getLogger(__name__)

HANDLER_DEADLINE = 60  # seconds
SAFE_METHODS = ("GET", "HEAD")
PAUSES = (0.05, 0.2)  # seconds before the second and the third try, each jittered


def answer(service: Any, request: Request, handler: Callable[[], object]) -> Response:  # Any: of any class
    """The answer of `handler`, or the problem that kept it from one."""
    try:
        with eventlet.Timeout(HANDLER_DEADLINE):
            return _persistently(request, functools.partial(_once, service, request, handler))
    except (Exception, eventlet.Timeout) as fault:
        return problem(request, fault)


def problem(request: Request, fault: BaseException) -> Response:
    """The answer to a request that failed."""
    return problems.response(
        fault,
        language=request.language,
        correlation_id=request.correlation_id,
        instance=instance_of(request.raw_request),
    )


def _persistently(request: Request, run: Callable[[], Response]) -> Response:
    """Runs the handler again if its transaction met another's, which has ended by then.

    A handler has one transaction and answers after it, so one that failed in it has done nothing yet.
    """
    for pause in PAUSES:
        try:
            return run()
        except SQLAlchemyError as fault:
            if not is_contention(fault):
                raise
            log.info("%s met another change, and is tried again", request.raw_request.method)
        eventlet.sleep(pause * random.uniform(0.5, 1.5))
    return run()


def _once(service: Any, request: Request, handler: Callable[[], object]) -> Response:  # Any: of any class
    key = request.idempotency_key
    if key is None or request.raw_request.method in SAFE_METHODS:
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


def _kept(service: Any, request: Request, key: str) -> Response | None:  # Any: of any class
    if request.route.confidential or not hasattr(service, "db"):
        return None
    return idempotency.find(service.db, key, request.caller_key, request.fingerprint)
