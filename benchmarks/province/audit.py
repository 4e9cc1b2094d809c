"""Registry's audit log: an entry for each enterprise and each appointment, chained as `chassis.security.audit` does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeAlias

import psycopg

from chassis.security.audit.log import _canonical
from chassis.security.audit.sealing import FIRST_HASH, chained, covered

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape

ANNOUNCED = """
SELECT type, aggregate_id, occurred_at FROM outbox
WHERE type IN ('enterprise.registered.v1', 'appointment.made.v1') ORDER BY feed_position
"""
COPY = "COPY audit_log (at, actor, role, action, subject, entry, number, seq, previous_hash, hash) FROM STDIN"
READ_AT_ONCE = 5000
CLERKS = 97


def enter(url: str) -> None:
    """What the bureaus' clerks did, in the order in which it was announced, and the head of the chain."""
    seq, digest = 0, FIRST_HASH
    with psycopg.connect(url) as reading, psycopg.connect(url) as writing:
        with writing.cursor() as cursor, cursor.copy(COPY) as copy:
            for kind, subject, at in _announced(reading):
                seq, before = seq + 1, digest
                row = {
                    "at": at,
                    "actor": f"clerk-{seq % CLERKS}",
                    "role": "division",
                    "action": kind.removesuffix(".v1"),
                    "subject": subject,
                }
                entry = _canonical({**row, "details": {}, "token": None})
                digest = chained(before, covered(seq, entry))
                copy.write_row((*row.values(), entry, seq, seq, before, digest))
        writing.execute("INSERT INTO audit_head (id, seq, hash) VALUES (1, %s, %s)", (seq, digest))
        writing.execute("SELECT setval('audit_log_number_seq', %s, false)", (seq + 1,))


def _announced(connection: Connection) -> Iterator[tuple[str, str, datetime]]:
    with connection.cursor("announced") as cursor:
        cursor.itersize = READ_AT_ONCE
        yield from cursor.execute(ANNOUNCED)
