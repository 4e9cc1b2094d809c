"""Registry's audit log: an entry for each enterprise and each appointment, chained as `chassis.security.audit` does."""

from __future__ import annotations

from datetime import date

from chassis.security.audit.log import _canonical
from chassis.security.audit.sealing import FIRST_HASH, chained, covered
from province import days
from province.books import Books


class Audit:
    """The chain so far."""

    def __init__(self, books: Books) -> None:
        self.books, self.seq, self.hash = books, 0, FIRST_HASH

    def enter(self, action: str, subject: str, on: date) -> None:
        """What a bureau's clerk did."""
        self.seq += 1
        row = {
            "at": days.instant(on, self.books.rng.randrange(28_000)),
            "actor": f"clerk-{self.seq % 97}",
            "role": "division",
            "action": action,
            "subject": subject,
        }
        entry = _canonical({**row, "details": {}, "token": None})
        digest = chained(self.hash, covered(self.seq, entry))
        sealed = {"number": self.seq, "seq": self.seq, "previous_hash": self.hash, "hash": digest}
        self.books.put("registry", "audit_log", **row, entry=entry, **sealed)
        self.hash = digest

    def finish(self) -> None:
        """The head of the chain."""
        self.books.put("registry", "audit_head", id=1, seq=self.seq, hash=self.hash)
