"""The audit log: append-only, and chained, so that a changed, deleted or reordered row is found.

Each row keeps the canonical JSON text that was hashed. Its hash covers the hash before it, and one locked head row
holds the last number and hash, so that rows missing from the end are found too. The head stays locked until the
transaction ends: record late in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Integer,
    Row,
    Table,
    Text,
    bindparam,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import metadata
from chassis.json_types import JsonObject
from chassis.security.caller import Caller

audit_log = Table(
    "audit_log",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("entry", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)

# Every write goes through these: built once, they are compiled once.
LOCKED_HEAD = select(audit_head.c.seq, audit_head.c.hash).with_for_update()
ENTER = insert(audit_log)
MOVE_HEAD = update(audit_head).values(seq=bindparam("new_seq"), hash=bindparam("new_hash"))
FIRST_HASH = "0" * 64
NAMED = ("actor", "role", "action", "subject")
# What the service does by itself, for instance when a due row is fired, is entered under this name.
SYSTEM = Caller(subject="system", role="system")


class Verification(NamedTuple):
    """The outcome of a check: rows checked, and the number of the first that does not hold."""

    ok: bool
    checked: int
    first_broken: int | None


def record(
    session: Session, caller: Caller | None, action: str, subject: str, details: JsonObject, clock: Clock
) -> int:
    """Enters what `caller` (None: the service itself) did to `subject`, in this transaction; returns its number.

    `details` must hold no personal data in clear: the log can't be corrected.
    """
    caller = caller or SYSTEM
    head = _locked_head(session)
    seq: int = head.seq + 1
    row = {
        "seq": seq,
        "at": clock.now(),
        "actor": caller.subject,
        "role": caller.role,
        "action": action,
        "subject": subject,
    }
    entry = _canonical({**row, "details": details, "token": caller.token_id})
    digest = _chained(head.hash, entry)
    session.execute(ENTER, {**row, "entry": entry, "previous_hash": head.hash, "hash": digest})
    session.execute(MOVE_HEAD, {"new_seq": seq, "new_hash": digest})
    return seq


def _locked_head(session: Session) -> Row[int, str]:
    head = session.execute(LOCKED_HEAD).one_or_none()
    if head is None:
        # ON CONFLICT DO NOTHING waits for a rival's insert, so that the first two entries can't both be number 1.
        session.execute(insert(audit_head).values(id=1, seq=0, hash=FIRST_HASH).on_conflict_do_nothing())
        head = session.execute(LOCKED_HEAD).one()
    return head


def verify(session: Session) -> Verification:
    """Follows the chain from its first row to its head."""
    # The head is read first: entries that are added meanwhile lie beyond it and are left for the next time.
    head = session.execute(select(audit_head.c.seq, audit_head.c.hash)).one_or_none()
    last_seq, last_hash = (head.seq, head.hash) if head else (0, FIRST_HASH)
    previous, expected = FIRST_HASH, 1
    rows = session.execute(select(audit_log).order_by(audit_log.c.seq), execution_options={"yield_per": 1000})
    for row in rows:
        if row.seq > last_seq and head is not None:
            break
        if row.seq != expected or not _holds(row, previous):
            return Verification(False, expected - 1, expected)
        previous, expected = row.hash, expected + 1
    checked = expected - 1
    if checked != last_seq or previous != last_hash:
        return Verification(False, checked, min(expected, last_seq + 1))
    return Verification(True, checked, None)


def _holds(row: Row[Any], previous: str) -> bool:  # Any: a row of audit_log
    if row.previous_hash != previous or row.hash != _chained(previous, row.entry):
        return False
    try:
        entry = json.loads(row.entry)
        columns = (row.seq, row.at, row.actor, row.role, row.action, row.subject)
        entered = (entry["seq"], datetime.fromisoformat(entry["at"]), *(entry[key] for key in NAMED))
    except (ValueError, KeyError, TypeError):
        return False
    return columns == entered


def _canonical(entry: Mapping[str, object]) -> str:
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_text)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _chained(previous: str, entry: str) -> str:
    return hashlib.sha256(f"{previous}\n{entry}".encode()).hexdigest()
