"""Puts the history of a province into the four services' databases, for the benchmarks of lists and figures.

    ./cqo bench load [--scale 0.1] [--seed 1] [--notice-days 400] [--fresh | --check | --remove]

At scale 1: 500,000 enterprises, 1,000,000 people with a certificate each, 300,000 appointments, and what follows from
these. What the services would have removed by now is not there: above all notices older than --notice-days. It is kept
in .cqo/bench, and made anew only where the scale, the seed, those days or the generator is another; new migrations are
applied to it. Services that run elsewhere are not touched.
"""

from __future__ import annotations

import argparse
import importlib
import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psycopg
import report
from province import checking, days, followed, offices, subscribers, targets
from province.books import SERVICES
from province.databases import Copier, Province, session_on
from province.finishing import finish, prepare
from province.parts import History, written
from province.retention import NOTICE_DAYS

from chassis.messaging.inbox.applying import handled_types
from chassis.process import revisions
from cqolocal import paths
from servers.postgres import data_folder
from testkit.secrets import secrets_for_tests

ENTERPRISES = 500_000
FOLDER = paths.FILES / "bench"
EDITION = 5  # of the generator: raised where it writes other rows
DEFAULT_SCALE, DEFAULT_SEED = 0.1, 1
# Bytes at scale 1: of facts, and of the notices of a day; and what the server's log and sorting take at any scale.
FACTS, NOTICES, ROOM = 30e9, 40e6, 3e9


@dataclass(frozen=True)
class Made:
    """What the databases hold."""

    scale: float
    seed: int
    notice_days: int
    revisions: dict[str, str]
    edition: int  # of the generator


def wanted(scale: float, seed: int, notice_days: int) -> Made:
    """What they are to hold."""
    heads = {service: revisions.revisions_of(service).head for service in SERVICES}
    return Made(scale, seed, notice_days, heads, EDITION)


def stored() -> Made | None:
    """What they hold; None if nothing, if a load was interrupted, or if an older generator wrote it."""
    manifest = FOLDER / "manifest.json"
    found = json.loads(manifest.read_text()) if manifest.exists() else {}
    return Made(**found) if found.get("edition") == EDITION else None


@contextmanager
def loaded(
    scale: float | None = None, seed: int = DEFAULT_SEED, notice_days: int | None = None
) -> Iterator[tuple[Province, Made]]:
    """The running server with the history in it, loaded first where need be; None takes what is there."""
    present = stored()
    scale = scale or (present.scale if present else DEFAULT_SCALE)
    want = wanted(scale, seed, notice_days or (present.notice_days if present else NOTICE_DAYS))
    with paths.lock_folder(FOLDER):
        province = Province(FOLDER)
        try:
            if present is None or replace(present, revisions=want.revisions) != want:
                _load(province, want)
            elif present != want:
                began = time.monotonic()
                stands = ", ".join(f"{each} at {place}" for each, place in province.migrate().items())
                report.say(f"new migrations, {time.monotonic() - began:.0f} s: {stands}")
                province.analyze()
                _keep(want)
            yield province, want
        finally:
            province.server.stop()


def _load(province: Province, want: Made) -> None:
    (FOLDER / "manifest.json").unlink(missing_ok=True)
    province.drop()
    _require_room(want)
    started = time.monotonic()
    with province.loading():
        province.migrate()
        rows = fill(_history(province.urls(), want))
    _keep(want)
    seconds = time.monotonic() - started
    report.say(f"{rows:,} rows at scale {want.scale:g} in {seconds:.0f} s ({rows / seconds:,.0f} rows/s)")


def _require_room(want: Made) -> None:
    """A full disk would end others' work too."""
    each = FACTS + NOTICES * want.notice_days
    needed, free = want.scale * each + ROOM, shutil.disk_usage(FOLDER).free
    if free < needed:
        raise SystemExit(
            f"bench: scale {want.scale:g} needs {needed / 1e9:.0f} GB of disk, and {free / 1e9:.0f} GB are free where "
            f"{FOLDER} is; a scale of {max(0, free - ROOM) / each:.2f} fits, or more with fewer --notice-days"
        )


def _history(urls: Mapping[str, str], want: Made) -> History:
    number = round(ENTERPRISES * want.scale)
    return History(urls, want.seed, number, bound(), secrets_in(FOLDER / "secrets"), want.notice_days)


def _keep(made: Made) -> None:
    paths.write_atomically(FOLDER / "manifest.json", json.dumps(asdict(made)))


def bound() -> dict[str, tuple[str, ...]]:
    """Who reads which kind of aggregate, by the broker's topology."""
    definitions = json.loads(paths.TOPOLOGY.read_text())
    found: dict[str, list[str]] = {}
    for binding in definitions["bindings"]:
        if binding["source"].endswith(".events"):
            kind, reader = binding["routing_key"].partition(".")[0], binding["destination"].partition(".")[0]
            found.setdefault(kind, []).append(reader)
    return {kind: tuple(readers) for kind, readers in found.items()}


def handled() -> dict[str, frozenset[str]]:
    """The types of event for which each service has a handler."""
    workers = {service: importlib.import_module(f"{service}.worker").Worker for service in SERVICES}
    return {service: frozenset(handled_types(worker)) for service, worker in workers.items()}


def fill(history: History, processes: int | None = None) -> int:
    """Writes a history into migrated databases; returns how many rows. `processes`: as many as are of use."""
    books, classes, copier = history.books(history.parts), history.classes(), Copier(history.urls)
    try:
        taken = prepare(copier.connections, books)
        offices.reach(books, history.cipher(), history.contact())
        targets.set_targets(books)
        classes.enter(books)
        for part, counts in enumerate(written(history, processes), 1):
            books.counts.add(counts)
            report.progress(f"{part:,} of {history.parts:,} parts, {books.counts.rows:,} rows")
        classes.announce(books)
        followed.finish(books)
        copier.copy(books.take())
        copier.wait()
        report.say("all rows are there; cursors, feeds, indexes and sums follow")
        finish(copier.connections, history, handled(), books.counts, taken)
    finally:
        copier.close()
    return books.counts.rows + subscribers.enter(history.urls, history.cipher())


def secrets_in(folder: Path) -> dict[str, str]:
    """What the services are given to seal and open personal data; made once, and kept in `folder`."""
    file = folder / "secrets.json"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        paths.write_atomically(file, json.dumps(secrets_for_tests()))
    return dict(json.loads(file.read_text()))


def main() -> int:
    parser = argparse.ArgumentParser(prog="./cqo bench load", description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=DEFAULT_SCALE, help="1 is the size to plan for (default 0.1)")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--notice-days", type=int, help=f"for how many days notices are kept ({NOTICE_DAYS})")
    parser.add_argument("--fresh", action="store_true", help="load anew what is there")
    parser.add_argument("--check", action="store_true", help="compare the four databases, as the services do")
    parser.add_argument("--remove", action="store_true", help="remove what is there")
    arguments = parser.parse_args()
    if not 0.001 <= arguments.scale <= 1:
        parser.error("--scale is from 0.001 to 1")
    if arguments.notice_days is not None and not 30 <= arguments.notice_days <= 2500:
        parser.error("--notice-days is from 30 to 2500")
    if arguments.remove:
        shutil.rmtree(data_folder(FOLDER / "postgres"), ignore_errors=True)
        shutil.rmtree(FOLDER, ignore_errors=True)
        return 0
    if arguments.fresh:
        (FOLDER / "manifest.json").unlink(missing_ok=True)
    with loaded(arguments.scale, arguments.seed, arguments.notice_days) as (province, made):
        report.say(f"the history at scale {made.scale:g} is in {FOLDER}, from {days.FIRST} to {days.LAST}")
        report.say("; ".join(f"{service} {_size(province, service)}" for service in SERVICES))
        if arguments.check:
            found = checking.faults(province.urls(), bound(), days.LAST)
            with session_on(province.url("notifications")) as session:
                found += checking.differences(session, days.LAST - days.A_WEEK, secrets_in(FOLDER / "secrets"))
            agreed = "the four databases agree, every notice is proved, the audit log holds, an audit finds what is due"
            report.say("; ".join(found) or agreed)
            return int(bool(found))
    return 0


def _size(province: Province, service: str) -> str:
    with psycopg.connect(province.url(service)) as connection:
        found = connection.execute("SELECT pg_size_pretty(pg_database_size(current_database()))").fetchone()
    return str(found[0]) if found else "?"


if __name__ == "__main__":
    sys.exit(main())
