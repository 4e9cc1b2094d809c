"""Puts the history of a province into the four services' databases, for the benchmarks of lists and figures.

    ./cqo bench load [--scale 0.1] [--seed 1] [--fresh | --check | --remove]

At scale 1: 500,000 enterprises, 1,000,000 people with a certificate each, 300,000 appointments, and what follows from
these. It is kept in .cqo/bench, and made anew only where the scale, the seed or the generator is another; new
migrations are applied to it. Services that run elsewhere are not touched.
"""

from __future__ import annotations

import argparse
import importlib
import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psycopg
import report
from joserfc.jwk import ECKey
from province import checking, days, notices, targets
from province.books import SERVICES, Books
from province.careers import Careers
from province.classes import Classes
from province.databases import Copier, Province, add_ruleset, finish, prepare
from province.firms import Firms
from province.readers import all_readers
from province.tree import Tree

from chassis.messaging.inbox.applying import handled_types
from chassis.process import revisions
from chassis.security import Cipher
from cqolocal import paths
from registry.adapters.jwe import Agreement
from servers.postgres import data_folder
from testkit.secrets import secrets_for_tests

ENTERPRISES, PEOPLE = 500_000, 1_000_000
AT_ONCE = 1000  # enterprises whose rows are copied together
FOLDER = paths.FILES / "bench"
EDITION = 3  # of the generator: raised where it writes other rows
DEFAULT_SCALE, DEFAULT_SEED = 0.1, 1


@dataclass(frozen=True)
class Made:
    """What the databases hold."""

    scale: float
    seed: int
    revisions: dict[str, str]
    edition: int  # of the generator


def wanted(scale: float, seed: int) -> Made:
    """What they are to hold."""
    heads = {service: revisions.revisions_of(service).head for service in SERVICES}
    return Made(scale, seed, heads, EDITION)


def stored() -> Made | None:
    """What they hold; None if nothing, or if a load was interrupted."""
    manifest = FOLDER / "manifest.json"
    return Made(**json.loads(manifest.read_text())) if manifest.exists() else None


@contextmanager
def loaded(scale: float | None = None, seed: int = DEFAULT_SEED) -> Iterator[tuple[Province, Made]]:
    """The running server with the history in it, loaded first where need be; `scale` None takes what is there."""
    present = stored()
    want = wanted(present.scale if scale is None and present else scale or DEFAULT_SCALE, seed)
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
    started = time.monotonic()
    with province.loading():
        province.migrate()
        copier, books = Copier(province.urls()), new_books(want.seed)
        try:
            fill(copier, books, round(ENTERPRISES * want.scale), FOLDER / "secrets")
            copier.wait()
            seconds = time.monotonic() - started
            report.say(f"{copier.rows:,} rows in {seconds:.0f} s ({copier.rows / seconds:,.0f} rows/s)")
        finally:
            copier.close()
    _keep(want)
    report.say(f"loaded at scale {want.scale:g} after {time.monotonic() - started:.0f} s, with the statistics")


def _keep(made: Made) -> None:
    paths.write_atomically(FOLDER / "manifest.json", json.dumps(asdict(made)))


def new_books(seed: int) -> Books:
    """Books with nothing in them, for the readers that there are."""
    return Books(seed, *bindings(), all_readers())


def bindings() -> tuple[dict[str, tuple[str, ...]], dict[str, frozenset[str]]]:
    """Who reads which kind of aggregate, by the broker's topology; and which types each has a handler for."""
    definitions = json.loads(paths.TOPOLOGY.read_text())
    bound: dict[str, list[str]] = {}
    for binding in definitions["bindings"]:
        if binding["source"].endswith(".events"):
            kind, reader = binding["routing_key"].partition(".")[0], binding["destination"].partition(".")[0]
            bound.setdefault(kind, []).append(reader)
    workers = {service: importlib.import_module(f"{service}.worker").Worker for service in SERVICES}
    handled = {service: frozenset(handled_types(worker)) for service, worker in workers.items()}
    return {kind: tuple(readers) for kind, readers in bound.items()}, handled


def fill(copier: Copier, books: Books, number: int, secrets: Path) -> None:
    """Lets that many enterprises live, with all that follows from them, and copies it; `secrets` keeps the keys."""
    cipher, contact = _personal_data(secrets)
    tree = Tree()
    prepare(copier.connections, books)
    add_ruleset(copier.connections["notifications"], notices.RULESET, notices.CHANNELS_BY_KIND)
    targets.set_targets(books)
    classes = Classes(books, number * PEOPLE // ENTERPRISES)
    careers = Careers(books, classes, tree, cipher)
    firms = Firms(books, careers, tree, cipher, contact)
    for place in range(1, number + 1):
        firms.live()
        if place % AT_ONCE == 0:
            copier.copy(books.take())
            notices.REACHED.clear()
            report.progress(f"{place:,} of {number:,} enterprises, {copier.rows:,} rows")
    classes.announce()
    careers.finish()
    firms.audit.finish()
    copier.copy(books.take())
    copier.wait()
    finish(copier.connections, books, firms.filings)


def secrets_in(folder: Path) -> dict[str, str]:
    """What the services are given to seal and open personal data; made once, and kept in `folder`."""
    file = folder / "secrets.json"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        paths.write_atomically(file, json.dumps(secrets_for_tests()))
    return dict(json.loads(file.read_text()))


def _personal_data(folder: Path) -> tuple[Cipher, str]:
    """The services' cipher; and a contact sealed for notifications, which stands for all of them."""
    secrets = secrets_in(folder)
    cipher = Cipher(secrets["pii_key"], secrets["pii_index_key"])
    key = ECKey.import_key(json.loads(secrets["contact_public_key"]))
    plain = json.dumps({"email": "zhiliang@example.cn", "phone": "13800000000"}).encode()
    return cipher, Agreement(key).seal(plain)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./cqo bench load", description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=DEFAULT_SCALE, help="1 is the size to plan for (default 0.1)")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--fresh", action="store_true", help="load anew what is there")
    parser.add_argument("--check", action="store_true", help="compare the four databases, as the services do")
    parser.add_argument("--remove", action="store_true", help="remove what is there")
    arguments = parser.parse_args()
    if not 0.001 <= arguments.scale <= 1:
        parser.error("--scale is from 0.001 to 1")
    if arguments.remove:
        shutil.rmtree(data_folder(FOLDER / "postgres"), ignore_errors=True)
        shutil.rmtree(FOLDER, ignore_errors=True)
        return 0
    if arguments.fresh:
        (FOLDER / "manifest.json").unlink(missing_ok=True)
    with loaded(arguments.scale, arguments.seed) as (province, made):
        report.say(f"the history at scale {made.scale:g} is in {FOLDER}, from {days.FIRST} to {days.LAST}")
        report.say("; ".join(f"{service} {_size(province, service)}" for service in SERVICES))
        if arguments.check:
            found = checking.faults(province.urls(), bindings()[0], days.LAST)
            report.say("; ".join(found) or "the four databases agree, every notice is proved, the audit log holds")
            return int(bool(found))
    return 0


def _size(province: Province, service: str) -> str:
    with psycopg.connect(province.url(service)) as connection:
        found = connection.execute("SELECT pg_size_pretty(pg_database_size(current_database()))").fetchone()
    return str(found[0]) if found else "?"


if __name__ == "__main__":
    sys.exit(main())
