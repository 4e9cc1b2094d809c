"""Measures the sweep of certificates whose term is over, beside the same written as a few statements for all of them.

    ./cqo bench sweep [--rows 100000] [--rounds 2] [--json]

Training's worker is a process of its own on a private server, and its clock is moved to the day on which all the due
rows of a round fall due. For each it ends a certificate, records that in the certificate's history, announces it in the
outbox, and settles the row. The reference does the same, with the same rows and events, to the same tables in another
database: two UPDATE and two INSERT … SELECT in one transaction. Compared are the seconds that pass, and the processor
of the worker and the database server, or of the client and the server, as the kernel counts it. With `--rows 1000000
--rounds 1` it is one sweep of a million. Exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import psycopg
import report
from installation import Installation, connect, installed, own_processor, processor_of

from chassis.clock import SystemClock
from testkit.waiting import wait_for
from training.usecases import expiry

AGAINST_STATEMENTS = 5.0  # the goal: times
AHEAD = 30  # days from now until the first round's rows fall due
WITHIN = 3600  # seconds for a round

FILL = """
    INSERT INTO certificate (id, version, division, number, person_id, name, enterprise_id, issued_on, valid_from,
        valid_until, ruleset, status)
    SELECT id, 1, '220102', 'CQO-JL-2026-220100-' || id, gen_random_uuid(), '李明', gen_random_uuid(),
        %(last)s::date - 1095, %(last)s::date - 1095, %(last)s, 1, 'valid'
    FROM (SELECT gen_random_uuid()::text AS id FROM generate_series(1, %(rows)s)) AS made"""
PLAN = """
    INSERT INTO due (kind, series, key, due_on, payload)
    SELECT %(kind)s, id || ':' || valid_until, id || ':' || valid_until, valid_until + 1,
        jsonb_build_object('certificate_id', id)
    FROM certificate WHERE valid_until = %(last)s"""
# As somebody would write it who has to do it once, by hand.
BY_HAND = """
    UPDATE due SET state = 'done', settled_at = now()
        WHERE kind = %(kind)s AND state = 'planned' AND due_on <= %(today)s;
    UPDATE certificate SET status = 'expired', version = version + 1
        WHERE status = 'valid' AND valid_until < %(today)s;
    INSERT INTO certificate_status (certificate_id, "on", status, valid_until, decision, ruleset, grounds)
        SELECT id, valid_until + 1, status, valid_until, 'expired', ruleset,
            jsonb_build_object('valid_until', valid_until)
        FROM certificate WHERE status = 'expired' AND valid_until = %(last)s;
    INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, data, division, correlation_id,
            occurred_at)
        SELECT gen_random_uuid(), 'certificate', id, version, 'certificate.expired.v1',
            jsonb_build_object('certificate_id', id, 'number', number, 'person_id', person_id, 'on', valid_until + 1),
            division, gen_random_uuid(), now()
        FROM certificate WHERE status = 'expired' AND valid_until = %(last)s"""
LEFT = "SELECT 1 FROM due WHERE kind = %s AND state = 'planned' LIMIT 1"
DONE = """
    SELECT (SELECT count(*) FROM due WHERE kind = 'certificate.expired' AND state = 'done'),
        (SELECT count(*) FROM certificate WHERE status = 'expired' AND version = 2),
        (SELECT count(*) FROM certificate_status WHERE status = 'expired'),
        (SELECT count(*) FROM outbox WHERE type = 'certificate.expired.v1' AND aggregate_version = 2)"""


class Took(NamedTuple):
    """Microseconds a row: those that passed, those of processor of who asks, and those of the database server."""

    passed: float
    client: float
    server: float

    @property
    def processor(self) -> float:
        return self.client + self.server


class Bench:
    """The worker, its database, and the database of the reference."""

    def __init__(self, installation: Installation, folder: Path) -> None:
        self.installation, self.offset = installation, folder / "clock"
        self.offset.write_text("0")
        self.first_day = SystemClock().today()
        self.ours = connect(installation.database("training"))
        self.theirs = connect(installation.databases.create("training"))
        self.worker = installation.start("training", "worker", ready=False, clock_offset_file=str(self.offset))
        wait_for(lambda: self.worker.get(f"{self.worker.worker_url}/health/live")[0] == 200, 60)
        self.days, self.rows = AHEAD, 0

    def round(self, rows: int) -> tuple[Took, Took]:
        """What the sweep of so many rows took, and what the reference took."""
        self.days += 1
        today = self.first_day + timedelta(days=self.days)
        day = {"last": today - timedelta(days=1), "today": today, "kind": expiry.END, "rows": rows}
        for database in (self.ours, self.theirs):
            for statement in (FILL, PLAN, "ANALYZE certificate", "ANALYZE due", "CHECKPOINT"):
                database.execute(statement, day if "%(" in statement else None)
        self.rows += rows
        took = self._sweep(rows), self._by_hand(rows, day)
        for database in (self.ours, self.theirs):
            found = database.execute(DONE).fetchone()
            if found != (self.rows,) * 4:
                raise SystemExit(f"of {self.rows} rows these were done: {found}")
        return took

    def _sweep(self, rows: int) -> Took:
        server = self.installation.server_processor
        before = time.perf_counter(), processor_of(self.worker.pid), server()
        self.offset.write_text(str(self.days * 86400))
        wait_for(lambda: not self.ours.execute(LEFT, (expiry.END,)).fetchone(), WITHIN, interval=0.2)
        after = time.perf_counter(), processor_of(self.worker.pid), server()
        return took(rows, before, after)

    def _by_hand(self, rows: int, day: dict[str, object]) -> Took:
        server = self.installation.server_processor
        before = time.perf_counter(), own_processor(), server()
        with self.theirs.transaction(), psycopg.ClientCursor(self.theirs) as cursor:
            cursor.execute(BY_HAND, day)
        return took(rows, before, (time.perf_counter(), own_processor(), server()))


def took(rows: int, before: Sequence[float], after: Sequence[float]) -> Took:
    return Took(*((later - earlier) / rows * 1e6 for earlier, later in zip(before, after, strict=True)))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./cqo bench sweep", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000, help="due rows in all (100000)")
    parser.add_argument("--rounds", type=int, default=2, help="rounds they are divided into; the median counts (2)")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    options = parser.parse_args(arguments)
    machine = report.Machine.now()
    rounds: list[tuple[Took, Took]] = []
    with installed(broker=False) as installation:
        bench = Bench(installation, installation.folder)
        for number in range(options.rounds):
            rounds.append(bench.round(options.rows // options.rounds))
            ours, by_hand = rounds[-1]
            report.say(f"round {number + 1}: {ours.processor:.0f} and {by_hand.processor:.0f} µs of processor a row")
    sys.stdout.write(f"{options.rows:,} due rows in rounds, medians; {machine.processors} processors\n")
    return report.finish("sweep", rows(rounds), machine, options.json)


def rows(rounds: Sequence[tuple[Took, Took]]) -> list[report.Row]:
    """The figures with their goals. A ratio is taken within a round, so it is not that of the medians beside it."""

    def median(values: Sequence[float]) -> float:
        return statistics.median(values)

    ours, by_hand = [ours for ours, _ in rounds], [by_hand for _, by_hand in rounds]
    unit = "µs of processor a row"
    return [
        report.plain("swept", median([1e6 / each.passed for each in ours]), "rows/s"),
        report.within(
            "time, against four statements for all",
            median([each.passed for each in ours]),
            "µs a row",
            median([each.passed for each in by_hand]),
            AGAINST_STATEMENTS,
            median([each.passed / other.passed for each, other in rounds]),
        ),
        report.within(
            "processor, against the same",
            median([each.processor for each in ours]),
            unit,
            median([each.processor for each in by_hand]),
            AGAINST_STATEMENTS,
            median([each.processor / other.processor for each, other in rounds]),
        ),
        report.plain("  of the worker", median([each.client for each in ours]), unit),
        report.plain("  of the database server", median([each.server for each in ours]), unit),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
