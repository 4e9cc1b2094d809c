"""Measures the import of enterprises as a job beside COPY of the same rows, and how long others wait meanwhile.

    ./cqo bench import [--rows 100000] [--json]

The registry's API and its worker are processes of their own on private servers. Two workbooks of as many rows are made
here, and each is sent to be imported as a job.

The first is imported while the workers of the three services that read its events run on the same processors, and while
a light caller asks the API for ten enterprises every 50 ms. The second is imported without these, and its processor is
compared: that of the API, of the worker with its child that reads the workbook, and of the database server, as the
kernel counts it for these processes. The reference takes what that import left (enterprises, contact points, events)
and copies it into the same tables of another database, in one transaction; the processor of the client and of the
server. Exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import io
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import NamedTuple

import psycopg
import report
import xlsxwriter
from installation import Installation, connect, installed, own_processor, processor_of

from registry.adapters import enterprise_list
from registry.adapters.codes import organisation_check
from registry.seed import seed
from testkit.client import XLSX, Client
from testkit.waiting import wait_for

AGAINST_COPY, SLOWEST_GET = 12.0, 250.0  # the goals: times, milliseconds at the 99th percentile
ASK_EVERY = 0.05  # seconds between two questions of the light caller
LOOK_EVERY = 0.5  # seconds between two looks at how far the job is
READERS = ("training", "notifications", "reporting")
ENTERPRISE = (
    "id, version, division, uscc, name, industry, above_threshold, award_contender, brand_contender, "
    "legal_representative, responsible_person, registered_on"
)
COPIED = {
    "enterprise": ENTERPRISE,
    "contact": "id, version, owner_kind, division, phone, email",
    "outbox": "id, aggregate_type, aggregate_id, aggregate_version, type, data, division, correlation_id, occurred_at",
}
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
READ_WITHIN = 300  # seconds
READ = "SELECT count(*) FROM inbox_cursor WHERE aggregate LIKE 'enterprise:%'"


class Took(NamedTuple):
    """Seconds: those that passed, those of processor of the API, of the worker with its child, and of the server."""

    seconds: float
    api: float
    worker: float
    server: float

    @property
    def processor(self) -> float:
        return self.api + self.worker + self.server

    def per_row(self, rows: int) -> Took:
        return Took(*(seconds / rows for seconds in self))


def uscc(serial: int) -> str:
    """A valid code of a made-up enterprise."""
    body = f"{serial:08d}"
    stem = f"91220102{body}{organisation_check(body)}"
    total = sum(USCC_ALPHABET.index(letter) * (3**place % 31) for place, letter in enumerate(stem))
    return stem + USCC_ALPHABET[-total % 31]


def workbook(serials: Sequence[int]) -> bytes:
    """A list of made-up enterprises."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("名单")
    sheet.write_row(0, 0, [column.header for column in enterprise_list.COLUMNS])
    for number, serial in enumerate(serials, start=1):
        cells = [uscc(serial), f"吉林示例制造有限公司{serial}", "220102", "C36", "是", "否", "否", f"王强{serial}"]
        cells += [f"赵宁{serial}", f"138{serial:08d}", f"quality{serial}@firm.example"]
        sheet.write_row(number, 0, [*cells, date(2010, 5, 4)])
    book.close()
    return file.getvalue()


class LightCaller:
    """Asks for a few enterprises every 50 ms, from its own thread; `waits` are the milliseconds of each answer."""

    def __init__(self, client: Client) -> None:
        self.client, self.waits, self.stopping = client, list[float](), threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self.stopping.wait(ASK_EVERY):
            began = time.perf_counter()
            self.client.call("GET", "/enterprises?limit=10")
            self.waits.append((time.perf_counter() - began) * 1000)

    def __enter__(self) -> LightCaller:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.thread.join()


class Bench:
    """The services under measurement."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        seed(installation.database("registry"))
        self.api = installation.start("registry", "api")
        self.worker = installation.start("registry", "worker")
        self.client = installation.client(self.api)
        self.rows = 0
        self.answered = list[float]()
        self.import_one(workbook(range(10**7, 10**7 + 100)), 100)  # so that no first connection is counted

    def import_next(self, rows: int) -> Took:
        """Imports a workbook of enterprises that are not there yet."""
        first = self.rows
        return self.import_one(workbook(range(first, first + rows)), rows)

    def import_one(self, content: bytes, rows: int) -> Took:
        """Has a workbook imported, all of whose rows must come in; returns when the job is done."""
        began, taken = time.perf_counter(), self.taken()
        job = self.client.call("POST", "/imports/enterprises", 202, data=content, headers={"Content-Type": XLSX})
        self.answered.append(time.perf_counter() - began)
        while not job["ended_at"]:
            time.sleep(LOOK_EVERY)
            job = self.client.get(f"/imports/{job['id']}")
        seconds, taken_now = time.perf_counter() - began, self.taken()
        if job["state"] != "done" or job["report"]["created"] != rows:
            raise SystemExit(f"not all of the {rows} rows came in: {job}")
        self.rows += rows
        return Took(seconds, *(now - before for now, before in zip(taken_now, taken, strict=True)))

    def taken(self) -> tuple[float, float, float]:
        """The processor taken up to now by the API, the worker and the server."""
        pids = self.api.pid, self.worker.pid
        return processor_of(pids[0]), processor_of(pids[1]), self.installation.server_processor()

    def start_readers(self) -> None:
        """Starts what reads the events; returns when all has been read."""
        self.readers = [self.installation.start(service, "worker") for service in READERS]
        self.wait_for_readers()

    def stop_readers(self) -> None:
        for reader in self.readers:
            reader.kill()

    def wait_for_readers(self) -> float:
        """The seconds until every reader has every enterprise."""
        began = time.perf_counter()
        with ExitStack() as stack:
            readers = [stack.enter_context(connect(self.installation.database(service))) for service in READERS]
            wait_for(lambda: all(self.has_read(reader) for reader in readers), READ_WITHIN)
        return time.perf_counter() - began

    def has_read(self, reader: psycopg.Connection) -> bool:
        found = reader.execute(READ).fetchone()
        return found is not None and found[0] == self.rows

    def copy(self, rows: int) -> float:
        """Copies what the last import left into an empty database; seconds of processor of client and server."""
        source, target = self.installation.database("registry"), self.installation.databases.create("registry")
        with connect(source) as origin, connect(target) as copy:
            parts = {table: last_rows(origin, table, rows) for table in COPIED}
            began, server = own_processor(), self.installation.server_processor()
            with copy.transaction(), copy.cursor() as cursor:
                for table, part in parts.items():
                    with cursor.copy(f"COPY {table} ({COPIED[table]}) FROM STDIN") as stream:
                        for block in part:
                            stream.write(block)
            return own_processor() - began + self.installation.server_processor() - server


def last_rows(origin: psycopg.Connection, table: str, rows: int) -> list[bytes]:
    """What a table has of the enterprises that were registered last, in COPY's own form."""
    of = "aggregate_id" if table == "outbox" else "id"
    last = f"SELECT id FROM enterprise ORDER BY id DESC LIMIT {rows}"  # ids are in the order of time
    with (
        origin.cursor() as cursor,
        cursor.copy(f"COPY (SELECT {COPIED[table]} FROM {table} WHERE {of} IN ({last})) TO STDOUT") as stream,
    ):
        return [bytes(block) for block in stream]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./cqo bench import", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000, help="enterprises in each of the two workbooks (100000)")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    options = parser.parse_args(arguments)
    machine, size = report.Machine.now(), options.rows
    with installed() as installation:
        bench = Bench(installation)
        bench.start_readers()
        content = workbook(range(bench.rows, bench.rows + size))
        report.progress("the first workbook is made")
        with LightCaller(installation.client(bench.api)) as caller:
            beside = bench.import_one(content, size).per_row(size)
        read_after = bench.wait_for_readers()
        bench.stop_readers()
        report.progress("the first workbook is imported")
        alone = bench.import_next(size).per_row(size)
        copied = bench.copy(size) / size
        held = held_at_most(bench.worker.pid)
        answered = bench.answered[-1]
    sys.stdout.write(f"two jobs of {size:,} enterprises each; {machine.processors} processors\n")
    found = rows(alone, copied, beside, caller.waits, read_after, answered, held)
    return report.finish("import", found, machine, options.json)


def held_at_most(pid: int) -> float:
    """The most memory that a process has held, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def rows(
    alone: Took,
    copied: float,
    beside: Took,
    waits: Sequence[float],
    read_after: float,
    answered: float,
    held: float,
) -> list[report.Row]:
    """The figures with their goals; those of processor for each row."""
    unit = "µs of processor a row"
    return [
        report.plain("the file is answered", answered, "s"),
        report.plain("imported alone", 1 / alone.seconds, "rows/s"),
        report.plain("  beside the readers and a light caller", 1 / beside.seconds, "rows/s"),
        report.plain("  of the worker with its child", alone.worker * 1e6, unit),
        report.plain("  of the API", alone.api * 1e6, unit),
        report.plain("  of the database server", alone.server * 1e6, unit),
        report.within(
            "all, against COPY of the same rows",
            alone.processor * 1e6,
            unit,
            copied * 1e6,
            AGAINST_COPY,
            alone.processor / copied,
        ),
        report.plain("the worker's memory at most", held, "MB"),
        report.at_most("GET meanwhile, 99th percentile", report.percentile(waits, 99), "ms", SLOWEST_GET),
        report.plain("  median", report.percentile(waits, 50), "ms"),
        report.plain("  longest", max(waits), "ms"),
        report.plain("from done until three readers have all", read_after, "s"),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
