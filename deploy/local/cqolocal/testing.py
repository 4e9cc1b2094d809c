"""`./cqo test`: every check and test of the project, in parts that can be run alone."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from cqolocal import paths
from cqolocal.names import SERVICES
from cqolocal.servers import start_postgres, start_rabbitmq

LINT = (
    (sys.executable, "-m", "ruff", "check", "."),
    (str(Path(sys.executable).with_name("lint-imports")), "--no-cache"),
)
FOLDERS = {
    "unit": [f"services/{service}/tests/unit" for service in SERVICES],
    "contract": ["tests/contract"],
    "integration": [
        *(f"libs/chassis/tests/{part}" for part in ("http", "runtime")),
        *(f"services/{service}/tests/integration" for service in ("registry", "training", "notifications")),
    ],
    "e2e": ["tests/end_to_end"],
    "messaging": ["libs/chassis/tests/messaging"],
    "faults": ["tests/faults"],
}
PARTS = ("lint", *FOLDERS)
# The two that kill servers are still run by name only: they have not yet been seen passing as a whole.
BY_NAME_ONLY = ("messaging", "faults")
WITHOUT_SERVERS = ("lint", "unit", "contract")


def run(part: str | None, arguments: Sequence[str]) -> int:
    """Runs `part`, or all; returns 0 only if everything passed and each part had something to run."""
    started = time.monotonic()
    failed = []
    parts = [part] if part else [name for name in PARTS if name not in BY_NAME_ONLY]
    with ExitStack() as stack:
        environ = dict(os.environ)
        for name in parts:
            if name not in WITHOUT_SERVERS and "CQO_TEST_POSTGRES_URL" not in environ:
                environ |= stack.enter_context(_servers())
            click.echo(f"--- {name}", err=True)
            if _run(name, arguments, environ):
                failed.append(name)
    click.echo(f"--- {', '.join(failed) + ' failed' if failed else 'all passed'} after {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


def _run(part: str, arguments: Sequence[str], environ: dict[str, str]) -> int:
    if part == "lint":
        return max(subprocess.run(command, cwd=paths.PROJECT, env=environ).returncode for command in LINT)
    # A process for each folder: their helper modules bear the same names. A folder without tests fails (status 5).
    command = [sys.executable, "-m", "pytest"]
    return max(
        subprocess.run([*command, folder, *arguments], cwd=paths.PROJECT, env=environ).returncode for folder in FOLDERS[part]
    )


@contextmanager
def _servers() -> Iterator[dict[str, str]]:
    """One PostgreSQL and one RabbitMQ for the whole run."""
    click.echo("cqo: starting PostgreSQL and RabbitMQ for the tests", err=True)
    with tempfile.TemporaryDirectory(prefix="cqo-test-") as folder, ExitStack() as stack:
        postgres = start_postgres(Path(folder) / "postgres")
        stack.callback(postgres.remove)
        rabbitmq = start_rabbitmq(Path(folder) / "rabbitmq", management=False)
        stack.callback(rabbitmq.remove)
        yield {"CQO_TEST_POSTGRES_URL": postgres.url, "CQO_TEST_AMQP_URL": rabbitmq.amqp_url}
