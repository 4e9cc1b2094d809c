"""`./cqo test`: every check and test of the project, in parts that can be run alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from cqolocal import paths
from cqolocal.language import tr
from cqolocal.names import LIBRARIES, SERVICES
from servers import WITHOUT_SYNC, start_postgres, start_rabbitmq

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
        "clients/python/cqo_subscriber",
        *(f"services/{name}/{name}" for name in SERVICES),
    ),
)
# Each path is run by a pytest of its own: helper modules of different folders bear the same names. The longest first.
PATHS = {
    "unit": [
        *(f"services/{service}/tests/unit" for service in SERVICES),
        "libs/testkit/tests",
        "deploy/local/tests",
        "clients/python/tests",
    ],
    "contract": ["tests/contract", "tests/boundaries"],
    "integration": [
        *(f"libs/chassis/tests/{part}" for part in ("messaging", "runtime", "http")),
        "tests/openapi",
        "libs/programme/tests/integration",
        *(f"services/{service}/tests/integration" for service in SERVICES),
        "tests/benchmarks",
    ],
    "faults": ["tests/faults"],
    "e2e": ["tests/end_to_end", "tests/upgrade"],
}
PARTS = ("lint", *PATHS)
IN_LANES = ("e2e", "faults", "integration")
LANES = 2
NO_TESTS = 5  # pytest's exit status where it found or chose none


def run(part: str | None, arguments: Sequence[str]) -> int:
    """Runs `part`, or all; returns 0 only if everything passed and each part had something to run."""
    started = time.monotonic()
    parts = [part] if part else list(PARTS)
    failed = ["lint"] if "lint" in parts and not _lint() else []
    codes = _run_in_order(
        [path for name in parts if name not in ("lint", *IN_LANES) for path in PATHS[name]], arguments
    )
    codes |= _run_in_lanes([path for name in IN_LANES if name in parts for path in PATHS[name]], arguments)
    failed += failed_paths(codes, is_choice=any(each in ("-k", "-m") for each in arguments))
    verdict = tr("failed: {paths}", paths=", ".join(failed)) if failed else tr("all passed")
    click.echo(tr("--- {verdict}, after {seconds} s", verdict=verdict, seconds=f"{time.monotonic() - started:.0f}"))
    return 1 if failed else 0


def failed_paths(codes: Mapping[str, int], is_choice: bool) -> list[str]:
    """The paths that failed, by pytest's exit statuses.

    A path without tests fails, so one that has lost its tests is noticed; but where tests were chosen by name, it is
    enough that some path had one.
    """
    some_had_one = is_choice and any(code == 0 for code in codes.values())
    passing = (0, NO_TESTS) if some_had_one else (0,)
    return [path for path, code in codes.items() if code not in passing]


def _lint() -> bool:
    click.echo("--- lint")
    return all([subprocess.run(command, cwd=paths.PROJECT).returncode == 0 for command in LINT])


def _pytest(path: str, arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", path, *arguments]


def _run_in_order(chosen: list[str], arguments: Sequence[str]) -> dict[str, int]:
    """Runs the tests at the paths `chosen` one after the other; returns pytest's exit status for each."""
    codes = {}
    for path in chosen:
        click.echo(f"--- {path}")
        codes[path] = subprocess.run(_pytest(path, arguments), cwd=paths.PROJECT).returncode
    return codes


def _run_in_lanes(chosen: list[str], arguments: Sequence[str]) -> dict[str, int]:
    """Runs the tests at the paths `chosen`, in two lanes at once; returns pytest's exit status for each."""
    # Servers that somebody has named are one pair, and two runs on one broker would read each other's queues.
    lanes = min(1 if "CQO_TEST_AMQP_URL" in os.environ else LANES, len(chosen))
    left = iter(chosen)  # hands each path to the lane that asks first
    codes: dict[str, int] = {}

    def lane() -> None:
        with _servers() as environ:
            for path in left:
                done = subprocess.run(
                    _pytest(path, arguments), cwd=paths.PROJECT, env=environ, capture_output=True, text=True
                )
                click.echo(f"--- {path}\n{done.stdout}{done.stderr}")
                codes[path] = done.returncode

    if lanes:
        click.echo(tr("--- {paths}: each is shown when it has ended", paths=", ".join(chosen)), err=True)
        with ThreadPoolExecutor(lanes) as pool:
            for future in [pool.submit(lane) for _ in range(lanes)]:
                future.result()
    return codes


@contextmanager
def _servers() -> Iterator[dict[str, str]]:
    """The environment with one PostgreSQL and one RabbitMQ, those that are named in it or else private ones."""
    if "CQO_TEST_POSTGRES_URL" in os.environ:
        yield dict(os.environ)
        return
    # Loads SQLAlchemy, without which the other commands start sooner.
    from testkit.privileges import broker_urls, broker_users

    with tempfile.TemporaryDirectory(prefix="cqo-test-") as folder, ExitStack() as stack:
        postgres = start_postgres(Path(folder) / "postgres", WITHOUT_SYNC)
        stack.callback(postgres.remove)
        rabbitmq = start_rabbitmq(Path(folder) / "rabbitmq", management=False, users=broker_users())
        stack.callback(rabbitmq.remove)
        yield {
            **os.environ,
            "CQO_TEST_POSTGRES_URL": postgres.url,
            "CQO_TEST_AMQP_URL": rabbitmq.amqp_url,
            "CQO_TEST_AMQP_URLS": json.dumps(broker_urls(rabbitmq)),
        }
