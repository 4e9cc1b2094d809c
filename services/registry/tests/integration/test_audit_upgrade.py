"""An audit log of the version before goes on in the new chain, and still verifies from its first entry."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import psycopg
from alembic import command
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from chassis.process import migrate
from chassis.security import audit

CLOCK = FixedClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))


def enter_old(url: str, count: int) -> None:
    """Entries as the version before wrote them: each chained when it was made."""
    previous = "0" * 64
    with psycopg.connect(url) as connection:
        for seq in range(1, count + 1):
            row = {"seq": seq, "at": CLOCK.now(), "actor": "a", "role": "r", "action": "x", "subject": str(seq)}
            whole = {**row, "at": CLOCK.now().isoformat(), "details": {}, "token": None}
            entry = json.dumps(whole, sort_keys=True, separators=(",", ":"))
            digest = hashlib.sha256(f"{previous}\n{entry}".encode()).hexdigest()
            connection.execute(
                "INSERT INTO audit_log VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (*row.values(), entry, previous, digest),
            )
            previous = digest
        connection.execute("INSERT INTO audit_head VALUES (1, %s, %s)", (count, previous))


def test_an_old_log_goes_on_in_the_new_chain(make_database) -> None:
    url = make_database("registry")
    command.downgrade(migrate.alembic_config("registry", url), "0004")
    enter_old(url, 5)
    migrate.upgrade("registry", url)
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with Session(engine) as session, session.begin():
        number = audit.record(session, None, "person.revealed", "p", {}, CLOCK)
        assert audit.seal(session, 1000) == 1

    with Session(engine) as session:
        found = audit.verify(session)
    engine.dispose()
    assert (found.ok, found.checked, found.sealed, number) == (True, 6, 6, 6)
    assert migrate.check("registry", url) == []
