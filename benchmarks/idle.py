"""Measures what the four services use while there is nothing to do: processor, memory, wake-ups, transactions.

    ./cqo bench idle [--seconds 30] [--json]

Everything is started as `./cqo up` starts it, API and worker of a service in one process, in a folder of its own. It
counts as settled when a window of some seconds took no less processor time than the one before it. A wake-up is a
voluntary context switch: the process had gone to sleep, and something woke it. The memory is the proportional set size,
in which pages that processes share are divided among them. Exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import report

from cqolocal.names import SERVICES
from cqolocal.system import System

PROCESSOR, MEMORY = 2.0, 80.0  # the goals: percent of one core for the four together, megabytes for each
WINDOW, SETTLED_WITHIN = 5.0, 90.0  # seconds
TRANSACTIONS = "SELECT datname, xact_commit + xact_rollback FROM pg_stat_database WHERE datname = ANY(%s)"


@dataclass(frozen=True)
class Reading:
    """What a process had used at one moment: seconds of processor time, and how often it had been woken."""

    seconds: float
    wakeups: int


def tree(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def read(pid: int) -> Reading:
    """What a process and its children have used."""
    seconds, wakeups = 0.0, 0
    for process in tree(pid):
        try:
            times = process.cpu_times()
            seconds += times.user + times.system
            wakeups += process.num_ctx_switches().voluntary
        except psutil.NoSuchProcess:  # a server's helper that has ended meanwhile
            continue
    return Reading(seconds, wakeups)


def megabytes(pid: int) -> float:
    return sum(process.memory_full_info().pss for process in tree(pid)) / 1e6


def transactions(url: str, databases: Sequence[str]) -> dict[str, int]:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("SELECT pg_stat_clear_snapshot()")
        return dict(admin.execute(TRANSACTIONS, (list(databases),)).fetchall())


def until_settled(pids: Mapping[str, int]) -> None:
    """Waits until the services use no less than they used in the window before."""
    deadline, before = time.monotonic() + SETTLED_WITHIN, float("inf")
    while time.monotonic() < deadline:
        started = sum(read(pid).seconds for pid in pids.values())
        time.sleep(WINDOW)
        used = sum(read(pid).seconds for pid in pids.values()) - started
        if used >= before:
            return
        before = used
    report.say(f"not settled within {SETTLED_WITHIN:.0f} s; measured all the same")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./cqo bench idle", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30, help="how long to measure (30)")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    options = parser.parse_args(arguments)
    machine = report.Machine.now()
    with tempfile.TemporaryDirectory(prefix="cqo-bench-") as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)  # the database server may run as another user
        system = System(Path(folder) / "system", report.say)
        stack.callback(system.stop)
        system.start()
        rows = measure(system, options.seconds)
    return report.finish("idle", rows, machine, options.json)


def measure(system: System, seconds: float) -> list[report.Row]:
    assert system.postgres is not None and system.broker is not None  # this run's own
    pids = {service: system.supervisor[service] for service in SERVICES}
    servers = {"PostgreSQL": system.postgres.pid or 0, "RabbitMQ": system.broker.pid or 0}
    until_settled(pids)
    started = {name: read(pid) for name, pid in (pids | servers).items()}
    began = transactions(system.postgres.url, SERVICES)
    time.sleep(seconds)
    ended = {name: read(pid) for name, pid in (pids | servers).items()}
    done = transactions(system.postgres.url, SERVICES)
    percent = {name: 100 * (ended[name].seconds - started[name].seconds) / seconds for name in ended}
    rows = [report.at_most("four services", sum(percent[name] for name in SERVICES), "% of a core", PROCESSOR)]
    for name in SERVICES:
        wakeups = (ended[name].wakeups - started[name].wakeups) / seconds
        rows += [
            report.plain(f"  {name}", percent[name], "% of a core"),
            report.plain(f"  {name}, woken", wakeups, "/s"),
            report.plain(f"  {name}, transactions", (done[name] - began[name]) / seconds, "/s"),
        ]
    rows += [report.plain(name, percent[name], "% of a core") for name in servers]
    return rows + [report.at_most(f"memory of {name}", megabytes(pid), "MB", MEMORY) for name, pid in pids.items()]


if __name__ == "__main__":
    raise SystemExit(main())
