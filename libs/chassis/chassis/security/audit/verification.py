"""Verification: a part of the chain is followed, and compared with the checkpoints that another service keeps.

The chain alone shows what was changed by hand. Who owns the database could write it anew from some entry on, with all
hashes and the head; then it holds in itself, and differs from the checkpoints.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from chassis.security.audit.anchor import NOT_ASKED, Kept
from chassis.security.audit.checkpoints import Checkpoint
from chassis.security.audit.log import audit_head, audit_log
from chassis.security.audit.sealing import FIRST_HASH, chained, covered, unsealed

LARGEST_PART = 10_000  # entries that one request goes through
NAMED = ("actor", "role", "action", "subject")


@dataclass(frozen=True)
class Verification:
    """What was found of a part of the log; places are those in the chain (`seq`)."""

    ok: bool  # the chain holds, and all checkpoints that are kept of this part could be had and agree with it
    checked: int  # entries of this part that hold
    first_broken: int | None  # the first place that does not hold, or may be the first
    problem: str | None  # what does not hold, in words
    next: int | None  # go on after this place; None: the end was reached
    anchored_to: int | None  # the last place in this part whose hash is that of a checkpoint
    anchored_at: datetime | None  # when that checkpoint was made
    sealed: int  # the last place in the chain
    unsealed: int  # entries that wait for their seal, counted to 10,000; they can't be verified yet
    unsealed_since: datetime | None  # when the oldest of them was made


class _Broken(Exception):
    """Something in the chain does not hold."""

    def __init__(self, place: int, problem: str) -> None:
        super().__init__(problem)
        self.place = place


class _Head(NamedTuple):
    seq: int
    hash: str


def verify(session: Session, after: int = 0, limit: int = LARGEST_PART, kept: Kept = NOT_ASKED) -> Verification:
    """Verifies up to `limit` entries after the place `after`, whose own hash is taken as it stands there.

    `kept` must have been asked for before: what is sealed by now can only be more.
    """
    # The head is read first: entries that are sealed meanwhile lie beyond it and are left for the next time.
    found = session.execute(select(audit_head.c.seq, audit_head.c.hash)).one_or_none()
    head = _Head(*found) if found else _Head(0, FIRST_HASH)
    part = _Part(session, head, after, min(after + limit, head.seq), kept.checkpoints)
    problem, first_broken = kept.problem, None
    try:
        part.follow()
    except _Broken as broken:
        problem, first_broken = str(broken), broken.place
    waiting = unsealed(session)
    anchored = part.anchored
    return Verification(
        ok=problem is None,
        checked=part.checked,
        first_broken=first_broken,
        problem=problem,
        next=part.through if first_broken is None and part.through < head.seq else None,
        anchored_to=anchored.seal if anchored else None,
        anchored_at=anchored.at if anchored else None,
        sealed=head.seq,
        unsealed=waiting.entries,
        unsealed_since=waiting.since,
    )


class _Part:
    """The entries after one place and through another, being followed."""

    def __init__(
        self, session: Session, head: _Head, after: int, through: int, checkpoints: Sequence[Checkpoint]
    ) -> None:
        self.session, self.head, self.after, self.through = session, head, after, through
        self.checkpoints = sorted(checkpoints, key=lambda each: each.seal)
        self.checked = 0
        self.anchored: Checkpoint | None = None

    def follow(self) -> None:
        """Follows the chain; raises _Broken at the first that does not hold."""
        previous = self._hash_at(self.after)
        wanted = select(audit_log).where(audit_log.c.seq > self.after, audit_log.c.seq <= self.through)
        rows = self.session.execute(wanted.order_by(audit_log.c.seq), execution_options={"yield_per": 1000})
        waiting = [each for each in self.checkpoints if self.after < each.seal]
        for place, row in enumerate(rows, start=self.after + 1):
            if row.seq != place:
                break
            if not _holds(row, previous):
                raise _Broken(place, f"entry {place} is not what was sealed, or the one before it is not")
            while waiting and waiting[0].seal == place:
                self._compare(waiting.pop(0), row.hash)
            previous, self.checked = row.hash, self.checked + 1
        end = self.after + self.checked
        if end < self.through:
            raise _Broken(end + 1, f"entry {end + 1} is missing")
        if end == self.head.seq and previous != self.head.hash:
            raise _Broken(max(end, 1), "the hash of the last entry is not the one that is noted at the chain's end")
        if waiting and waiting[-1].seal > self.head.seq:
            lost = waiting[-1]
            raise _Broken(
                self.head.seq + 1,
                f"the log ends at entry {self.head.seq}, and {lost.at.isoformat()} there was an entry {lost.seal}",
            )

    def _hash_at(self, place: int) -> str:
        if place == 0:
            return FIRST_HASH
        found: str | None = self.session.scalar(select(audit_log.c.hash).where(audit_log.c.seq == place))
        if found is None:
            raise _Broken(min(place, self.head.seq + 1), f"there is no entry {place} to go on after")
        return found

    def _compare(self, checkpoint: Checkpoint, present: str) -> None:
        if checkpoint.hash != present:
            first = (self.anchored.seal if self.anchored else self.after) + 1
            raise _Broken(
                first,
                f"the chain holds in itself, but was written anew: between {first} and {checkpoint.seal} it is not "
                f"what the checkpoint of {checkpoint.at.isoformat()} was made of",
            )
        self.anchored = checkpoint


def _holds(row: Row[Any], previous: str) -> bool:  # Any: a row of audit_log
    try:
        entry = json.loads(row.entry)
        columns = (row.at, row.actor, row.role, row.action, row.subject)
        entered = (datetime.fromisoformat(entry["at"]), *(entry[key] for key in NAMED))
        # Versions before 0.2.0 knew the place when they entered it, and sealed the entry's text alone.
        is_old = "seq" in entry
    except (ValueError, KeyError, TypeError):
        return False
    if columns != entered or (is_old and entry["seq"] != row.seq):
        return False
    what = row.entry if is_old else covered(row.number, row.entry)
    return bool(row.previous_hash == previous and row.hash == chained(previous, what))
