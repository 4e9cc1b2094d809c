"""`./cqo test`: every check and test of the project, in parts that can be run alone."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from cqolocal import paths
from cqolocal.names import LIBRARIES, SERVICES
from servers import start_postgres, start_rabbitmq

LINT = (
    (sys.executable, "-m", "ruff", "check", "."),
    (sys.executable, "-m", "ruff", "format", "--check", "."),
    (str(Path(sys.executable).with_name("lint-imports")), "--no-cache"),
    (
        sys.executable,
        "-m",
        "mypy",
        *(f"libs/{name}/{name}" for name in LIBRARIES),
        "deploy/local/cqolocal",
        "deploy/local/bootstrap.py",
        "deploy/contracts",
        *(f"services/{name}/{name}" for name in SERVICES),
    ),
)
# Each path is run by a pytest of its own: helper modules of different folders bear the same names. The longest first.
PATHS = {
    "unit": [*(f"services/{service}/tests/unit" for service in SERVICES), "libs/testkit/tests", "deploy/local/tests"],
    "contract": ["tests/contract", "tests/boundaries"],
    "integration": [
        *(f"libs/chassis/tests/{part}" for part in ("messaging", "runtime", "http")),
        *(f"services/{service}/tests/integration" for service in SERVICES),
    ],
    "faults": ["tests/faults"],
    "e2e": ["tests/end_to_end"],
}
PARTS = ("lint", *PATHS)
IN_LANES = ("e2e", "faults", "integration")
LANES = 2


def run(part: str | None, arguments: Sequence[str]) -> int:
    """Runs `part`, or all; returns 0 only if everything passed and each part had something to run."""
    started = time.monotonic()
    parts = [part] if part else list(PARTS)
    failed = [name for name in parts if name not in IN_LANES and not _passes(name, arguments)]
    failed += _run_in_lanes([path for name in IN_LANES if name in parts for path in PATHS[name]], arguments)
    verdict = f"failed: {', '.join(failed)}" if failed else "all passed"
    click.echo(f"--- {verdict}, after {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


def _passes(part: str, arguments: Sequence[str]) -> bool:
    click.echo(f"--- {part}")
    commands = LINT if part == "lint" else [_pytest(path, arguments) for path in PATHS[part]]
    return all([subprocess.run(command, cwd=paths.PROJECT).returncode == 0 for command in commands])


def _pytest(path: str, arguments: Sequence[str]) -> list[str]:
    # A path without tests fails (status 5), so a part that has lost its tests is noticed.
    return [sys.executable, "-m", "pytest", path, *arguments]


def _run_in_lanes(chosen: list[str], arguments: Sequence[str]) -> list[str]:
    """Runs the tests at the paths `chosen`, in two lanes at once; returns the paths that failed."""
    # Servers that somebody has named are one pair, and two runs on one broker would read each other's queues.
    lanes = min(1 if "CQO_TEST_AMQP_URL" in os.environ else LANES, len(chosen))
    left = iter(chosen)  # hands each path to the lane that asks first
    failed: list[str] = []

    def lane() -> None:
        with _servers() as environ:
            for path in left:
                done = subprocess.run(
                    _pytest(path, arguments), cwd=paths.PROJECT, env=environ, capture_output=True, text=True
                )
                click.echo(f"--- {path}\n{done.stdout}{done.stderr}")
                if done.returncode:
                    failed.append(path)

    if lanes:
        click.echo(f"--- {', '.join(chosen)}: each is shown when it has ended", err=True)
        with ThreadPoolExecutor(lanes) as pool:
            for future in [pool.submit(lane) for _ in range(lanes)]:
                future.result()
    return failed


@contextmanager
def _servers() -> Iterator[dict[str, str]]:
    """The environment with one PostgreSQL and one RabbitMQ, those that are named in it or else private ones."""
    if "CQO_TEST_POSTGRES_URL" in os.environ:
        yield dict(os.environ)
        return
    with tempfile.TemporaryDirectory(prefix="cqo-test-") as folder, ExitStack() as stack:
        postgres = start_postgres(Path(folder) / "postgres")
        stack.callback(postgres.remove)
        rabbitmq = start_rabbitmq(Path(folder) / "rabbitmq", management=False)
        stack.callback(rabbitmq.remove)
        yield {**os.environ, "CQO_TEST_POSTGRES_URL": postgres.url, "CQO_TEST_AMQP_URL": rabbitmq.amqp_url}
