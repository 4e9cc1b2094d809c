"""What a subscriber has of one subscription, in SQLite: so each event takes effect once, and gaps are seen.

A subscription numbers its deliveries 1, 2, 3 … with no gap, on all ways. The store keeps the *cursor*, up to which it
has all of them, and which it has above.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from cqo_subscriber.deliveries import Delivery

TABLES = """
CREATE TABLE IF NOT EXISTS cqo_received (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS cqo_cursor (sequence INTEGER NOT NULL);
INSERT INTO cqo_cursor SELECT 0 WHERE NOT EXISTS (SELECT * FROM cqo_cursor);
"""


Apply = Callable[[Delivery], object]


class Store:
    """One subscription's store, in the file `path`; your own tables may lie in the same file, by `database`.

    A store is one thread's. Several processes may use one file: they take turns.
    """

    def __init__(self, path: Path | str) -> None:
        self.database = sqlite3.connect(path, timeout=60, isolation_level=None)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.executescript(f"BEGIN IMMEDIATE; {TABLES} COMMIT;")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.database.close()

    @property
    def cursor(self) -> int:
        """The sequence up to which everything has been applied; 0 before the first."""
        ((sequence,),) = self.database.execute("SELECT sequence FROM cqo_cursor").fetchall()
        return int(sequence)

    @property
    def last(self) -> int:
        """The highest sequence that has been applied; above the cursor, something before it is missing."""
        ((sequence,),) = self.database.execute("SELECT max(sequence) FROM cqo_received").fetchall()
        return max(int(sequence or 0), self.cursor)

    @contextmanager
    def applying(self, delivery: Delivery) -> Iterator[bool]:
        """A transaction in which the delivery is entered: whether it is new, and so to be applied in it.

        What is done by `database` in the block is kept together with it, or not at all. What is done elsewhere may
        happen twice, if the process ends before the block does.
        """
        with self._transaction():
            is_new = not self._has(delivery.sequence)
            yield is_new
            if is_new:
                row = (delivery.sequence, delivery.id, delivery.type)
                self.database.execute("INSERT INTO cqo_received VALUES (?, ?, ?)", row)
                self._advance()

    def take(self, delivery: Delivery, apply: Apply) -> bool:
        """Applies the delivery in such a transaction, if it is new; whether it was."""
        with self.applying(delivery) as is_new:
            if is_new:
                apply(delivery)
        return is_new

    def received(self, first: int, last: int) -> Iterator[tuple[int, str, str]]:
        """The sequence, id and type of each delivery from `first` to `last` that was applied and not forgotten."""
        query = "SELECT sequence, id, type FROM cqo_received WHERE sequence BETWEEN ? AND ? ORDER BY sequence"
        yield from self.database.execute(query, (first, last))

    def forget(self, sequence: int) -> None:
        """Removes the ids up to `sequence`, once a manifest has agreed; what was applied stays known by the cursor."""
        with self._transaction():
            self.database.execute("DELETE FROM cqo_received WHERE sequence <= min(?, ?)", (sequence, self.cursor))

    def give_up(self, sequence: int) -> None:
        """Goes on after `sequence` without what is missing up to it: the publisher keeps it no more."""
        with self._transaction():
            self.database.execute("UPDATE cqo_cursor SET sequence = max(sequence, ?)", (sequence,))
            self._advance()

    def _has(self, sequence: int) -> bool:
        query = "SELECT ? <= sequence OR EXISTS (SELECT * FROM cqo_received WHERE sequence = ?) FROM cqo_cursor"
        ((is_there,),) = self.database.execute(query, (sequence, sequence)).fetchall()
        return bool(is_there)

    def _advance(self) -> None:
        """Moves the cursor to the last sequence before which none is missing."""
        cursor = self.cursor
        query = "SELECT sequence FROM cqo_received WHERE sequence > ? ORDER BY sequence"
        for (sequence,) in self.database.execute(query, (cursor,)):
            if sequence != cursor + 1:
                break
            cursor = sequence
        self.database.execute("UPDATE cqo_cursor SET sequence = ?", (cursor,))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")
