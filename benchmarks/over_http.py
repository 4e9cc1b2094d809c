"""Measures registry's HTTP API beside a bare nameko service that does the same work, in one run.

    ./cqo bench http [--seconds 1.2] [--rounds 3] [--json]

Both run as a process of their own on the same database server, each with a database that began as a copy of the same
one: reading an enterprise, a list of 50, and registering an enterprise, by 1, 8 and 32 callers. Each caller has one
connection and sends its next request when it has the last answer. The two take turns in rounds, and ratios are taken
within a round. The bare service (`over_http_bare.py`) reads by the same statements, gives the same JSON, checks what
comes in by the same schema and writes the same rows; it asks for no token and has nothing else that an API needs. A
server named by CQO_TEST_POSTGRES_URL (a superuser's) is used; otherwise a private one is started. Exits 1 when a goal
is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import partial
from itertools import count, cycle, product, repeat
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import report
from joserfc.jwk import ECKey
from over_http_callers import Measured, answer_to, call
from sqlalchemy.orm import Session

from chassis.clock import SystemClock
from chassis.data import engine_for
from chassis.ids import new_id
from chassis.security import Cipher
from programme.callers import Caller, Role
from registry.adapters.personal_data import PersonalDataCipher
from registry.seed import seed
from registry.usecases.enterprises import RegisterEnterprise, register
from servers import start_postgres
from servers.process import free_port
from testkit import RunningService, TokenSigner, secrets_for_tests, wait_for
from testkit.privileges import Databases

HERE = Path(__file__).resolve().parent
CALLERS = (1, 8, 32)
READS, WRITES, P99 = 0.6, 0.5, 1.7  # the goals: times the bare service's
STORED = 300  # enterprises that are there before
KINDS = {"one": "GET one", "list": "GET a list of 50", "write": "POST"}
USCC_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


class Service(NamedTuple):
    """A service that is measured: where it listens, and the ids of the firms that it has."""

    port: int
    ids: list[str]


def uscc(serial: int) -> str:
    """A valid code of a made-up firm."""
    body = f"{serial:08d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    stem = f"91220102{body}{'0123456789X'[-total % 11]}"
    total = sum(USCC_LETTERS.index(letter) * (3**place % 31) for place, letter in enumerate(stem))
    return stem + USCC_LETTERS[-total % 31]


def firm(serial: int) -> dict[str, Any]:
    """What is entered of a made-up firm."""
    return {
        "uscc": uscc(serial),
        "name": f"示例企业{serial}",
        "division": "220102",
        "industry": "C36",
        "above_threshold": True,
        "award_contender": False,
        "brand_contender": False,
        "legal_representative": "王强",
        "responsible_person": "李明",
        "registered_on": "2010-05-04",
        "phone": "13800000001",
        "email": f"q{serial}@firm.example",
    }


def store(url: str, secrets: Mapping[str, str]) -> list[str]:
    """Places the divisions and registers firms in the database; returns these's ids."""
    seed(url)
    cipher = Cipher(secrets["pii_key"], secrets["pii_index_key"])
    sealing = PersonalDataCipher(cipher, ECKey.import_key(json.loads(secrets["contact_public_key"])))
    with Session(engine_for(url, "bench")) as session, session.begin():
        ids = []
        for serial in range(STORED):
            entered = firm(serial)
            command = RegisterEnterprise(**{**entered, "registered_on": date.fromisoformat(entered["registered_on"])})
            ids.append(register(session, Caller("bench", Role.PROVINCE), command, sealing, SystemClock()).id)
    return ids


@contextmanager
def services() -> Iterator[tuple[Service, Service, str]]:
    """Registry, the bare service, and a token."""
    with tempfile.TemporaryDirectory(prefix="cqo-bench-") as name, ExitStack() as stack:
        folder, secrets = Path(name), secrets_for_tests()
        admin = os.environ.get("CQO_TEST_POSTGRES_URL")
        if admin is None:
            postgres = start_postgres(folder / "postgres")
            stack.callback(postgres.remove)
            admin = postgres.url
        databases = Databases(admin)
        stack.callback(databases.drop)
        ours, bare = databases.create("registry"), databases.create("registry")
        signer = TokenSigner(folder)
        settings = {"database_url": databases.for_service("registry", ours), "jwks": signer.jwks, **secrets}
        settings |= {"amqp_url": "amqp://127.0.0.1:9", "feed_token": "none"}
        service = RunningService("registry", "api", settings, folder / "registry.log")
        stack.callback(service.kill)
        service.start()
        port = free_port()
        command = [str(HERE / "over_http_bare.py"), databases.for_service("registry", bare), str(port)]
        stack.enter_context(process(command, service.environ, port))
        token = signer.token(Role.PROVINCE, expires_in=36_000)
        yield Service(service.http_port, store(ours, secrets)), Service(port, store(bare, secrets)), token


@contextmanager
def process(command: Sequence[str], environ: Mapping[str, str], port: int) -> Iterator[None]:
    """A Python process that listens on the port, ended at the end of the block."""
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore::DeprecationWarning", *command], env=dict(environ), stdout=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: child.poll() is not None or is_listening(port), 30)
        yield
    finally:
        child.kill()
        child.wait()


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def requests(kind: str, service: Service, token: str, serials: Iterator[int]) -> Iterator[bytes]:
    """The requests of a kind, without end: all that is sent."""
    common = f"Host: bench\r\nAuthorization: Bearer {token}\r\nAccept: application/json\r\n"
    if kind == "list":
        yield from repeat(f"GET /enterprises HTTP/1.1\r\n{common}\r\n".encode())
    if kind == "one":
        yield from cycle([f"GET /enterprises/{each} HTTP/1.1\r\n{common}\r\n".encode() for each in service.ids])
    for serial in serials:
        body = json.dumps(firm(serial)).encode()
        head = f"POST /enterprises HTTP/1.1\r\n{common}Idempotency-Key: {new_id()}\r\n"
        yield f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def same_answers(ours: Service, bare: Service, token: str) -> None:
    """SystemExit unless both answer with the same fields."""
    for kind in KINDS:
        shapes = [
            shape(answer_to(each.port, next(requests(kind, each, token, count(STORED))))) for each in (ours, bare)
        ]
        if shapes[0] != shapes[1]:
            raise SystemExit(f"the two services answer {KINDS[kind]} differently: {shapes[0]} and {shapes[1]}")


def shape(value: object) -> object:
    """The fields of a JSON value, with what does not differ from one object to another."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items() if name not in ("id", "next")}
    return [shape(item) for item in value] if isinstance(value, list) else value


def measure(
    kind: str, callers: int, pair: Sequence[Service], token: str, serials: Iterator[int], seconds: float
) -> list[Measured]:
    return [call(each.port, requests(kind, each, token, serials), callers, seconds) for each in pair]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./cqo bench http", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.5, help="how long each is measured in a round (1.5)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds; the median counts (5)")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    options = parser.parse_args(arguments)
    machine = report.Machine.now()
    found: dict[tuple[str, int], list[list[Measured]]] = defaultdict(list)
    serials = count(10 * STORED)
    with services() as (ours, bare, token):
        same_answers(ours, bare, token)
        for number in range(-1, options.rounds):
            for kind, callers in product(KINDS, CALLERS):
                pair = measure(kind, callers, (ours, bare), token, serials, options.seconds if number >= 0 else 0.3)
                if number >= 0:  # before, both only warm up
                    found[kind, callers].append(pair)
            report.progress(f"round {number + 1} of {options.rounds}")
    return report.finish(
        "http", [row for key, pairs in found.items() for row in rows(*key, pairs)], machine, options.json
    )


def percentile(percent: float, found: Measured) -> float:
    """Milliseconds."""
    return 1000 * report.percentile(found.answers, percent)


def rows(kind: str, callers: int, pairs: list[list[Measured]]) -> list[report.Row]:
    """The figures of a kind of request with so many callers; ratios are the medians of those within a round."""

    def middle(figure: Callable[[Measured], float]) -> tuple[float, float, float]:
        ours, bare = ([figure(pair[place]) for pair in pairs] for place in (0, 1))
        ratio = median(one / other for one, other in zip(ours, bare, strict=True))
        return median(ours), median(bare), ratio

    name = f"{KINDS[kind]}, {callers} caller{'s' if callers > 1 else ''}"
    ours, bare, ratio = middle(lambda each: each.rate)
    found = [report.at_least(name, ours, "a second", bare, WRITES if kind == "write" else READS, ratio)]
    for percent in (50, 99):
        ours, bare, ratio = middle(partial(percentile, percent))
        if percent == 99 and kind != "write":
            found.append(report.within(f"  p{percent}", ours, "ms", bare, P99, ratio))
        else:
            found.append(report.plain(f"  p{percent}", ours, "ms"))
    share = median(pair[0].processor / len(pair[0].answers) for pair in pairs)
    return [*found, report.plain("  of which the callers' processor, a request", 1000 * share, "ms")]


if __name__ == "__main__":
    raise SystemExit(main())
