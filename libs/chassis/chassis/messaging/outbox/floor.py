"""From where on the relay looks for what is unpublished.

What has been published leaves entries behind in the index that is read for the rest. As long as anybody's snapshot is
open, a backup's for instance, the database can't remove them, and each look would step over all of an hour's. So a look
begins above the numbers of which none can turn up any more: those handed out before transactions began that have all
ended since. Now and then it begins at the very first, in case that was not so.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import psycopg

ASK_EVERY = 1.0  # seconds; a transaction that was handed a number has its own id long before that
LOOK_AT_ALL_EVERY = 30.0  # seconds
ASK = (
    "SELECT coalesce(pg_sequence_last_value('outbox_seq_seq'), 0) AS last, "
    "pg_snapshot_xmin(now)::text::bigint AS oldest_open, pg_snapshot_xmax(now)::text::bigint AS next "
    "FROM pg_current_snapshot() AS now"
)


class Floor:
    """`seq`: nothing up to it is unpublished, and nothing will be."""

    def __init__(self) -> None:
        self.seq = 0
        self.handed_out: int | None = None  # the last number, some time ago
        self.following: int | None = None  # the id of the next transaction, some time later
        self.settled: int | None = None  # no transaction with a number up to it is open
        self.asked_at = self.looked_at_all = float("-inf")

    def begin(self, database: psycopg.Connection[Any]) -> int:  # Any: rows of any shape
        """Above which number to look now."""
        now = time.monotonic()
        if now - self.asked_at >= ASK_EVERY:
            self.asked_at = now
            self._ask(database)
        if now - self.looked_at_all >= LOOK_AT_ALL_EVERY:
            self.looked_at_all = now
            return 0
        return self.seq

    def found(self, rows: Sequence[Any]) -> None:  # Any: rows with `seq`
        """Told what was unpublished then, the first of it first."""
        if self.settled is not None:
            self.seq, self.settled = max(self.seq, self.settled), None
        if rows:
            self.seq = min(self.seq, rows[0].seq - 1)

    def _ask(self, database: psycopg.Connection[Any]) -> None:  # Any: rows of any shape
        ((last, oldest_open, following),) = database.execute(ASK).fetchall()
        if self.handed_out is None:
            self.handed_out = last
        elif self.following is None:
            self.following = following
        elif oldest_open >= self.following:
            self.settled, self.handed_out, self.following = self.handed_out, last, None
