"""The tables of the audit log, and entering what was done.

An entry is an INSERT and waits for nobody. Its `number` comes from a sequence: a transaction that is undone leaves a
hole. Its place in the chain, `seq`, has no holes and is given by the sealer; until then it is NULL.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import append, metadata
from chassis.json_types import JsonObject
from chassis.security.caller import Caller

audit_log = Table(
    "audit_log",
    metadata,
    Column("number", BigInteger, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("entry", Text, nullable=False),
    # The seal: given once, all three together.
    Column("seq", BigInteger),
    Column("previous_hash", Text),
    Column("hash", Text),
    UniqueConstraint("seq"),
    CheckConstraint("num_nulls(seq, previous_hash, hash) IN (0, 3)", name="sealed"),
    Index("ix_audit_log_unsealed", "number", postgresql_where=text("seq IS NULL")),
    # The list, the newest first, as it can be narrowed.
    Index("ix_audit_log_at_number", "at", "number"),
    *(Index(f"ix_audit_log_{name}_at_number", name, "at", "number") for name in ("actor", "action", "subject")),
)

# The end of the chain: the last place, and the hash there. Its row is locked by who seals.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)
# What the service does by itself, for instance when a due row is fired, is entered under this name.
SYSTEM = Caller(subject="system", role="system")


def record(
    session: Session, caller: Caller | None, action: str, subject: str, details: JsonObject, clock: Clock
) -> None:
    """Enters what `caller` (None: the service itself) did to `subject`, in this transaction.

    `details` must hold no personal data in clear: the log can't be corrected.
    """
    caller = caller or SYSTEM
    row = {
        "at": clock.now(),
        "actor": caller.subject,
        "role": caller.role,
        "action": action,
        "subject": subject,
    }
    entry = _canonical({**row, "details": details, "token": caller.token_id})
    append(session, audit_log, **row, entry=entry)


def _canonical(entry: Mapping[str, object]) -> str:
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_text)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
