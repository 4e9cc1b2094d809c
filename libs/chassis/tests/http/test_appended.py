"""Rows that tell what a transaction did: they go together, and share its savepoints and its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from chassis.clock import FixedClock
from chassis.http import idempotency
from chassis.messaging import outbox
from chassis.security import Caller, audit
from testkit.statements import statements

CLOCK = FixedClock(datetime(2026, 3, 2, 1, tzinfo=UTC))
CALLER = Caller("wang", "province")


@dataclass
class Thing:
    id: str
    version: int = 0
    division: str | None = None


@dataclass(frozen=True)
class ThingChanged:
    type: ClassVar[str] = "thing.changed.v1"
    number: int
    text: str = "质量 ' \\ \" \n"
    days: tuple[float, ...] = (1.5, -0.0)


@pytest.fixture
def sent(engine: Engine) -> Iterator[list[str]]:
    """The statements that the database is sent."""
    with statements(engine) as found:
        yield found


def announce(session: Session, thing: Thing, *numbers: int) -> None:
    for number in numbers:
        outbox.add(session, thing, ThingChanged(number), CLOCK)


def announced(session: Session) -> list[tuple[int, int]]:
    rows = session.execute(select(outbox.outbox).order_by(outbox.outbox.c.seq))
    return [(row.aggregate_version, row.data["number"]) for row in rows]


def test_events_entries_and_the_kept_answer_go_by_one_statement(engine: Engine, sent: list[str]) -> None:
    with Session(engine) as session, session.begin():
        announce(session, Thing("a"), 1, 2)
        audit.record(session, CALLER, "thing.changed", "a", {"理由": "核对"}, CLOCK)
        announce(session, Thing("b"), 3)
        answer = Response(b"\x00\xff{}", status=201, headers={"ETag": '"1"'})
        idempotency.keep(session, "key", "caller", "fingerprint", answer)

    inserts = [each for each in sent if "INSERT" in each]
    assert len(inserts) == 1
    with Session(engine) as session:
        assert announced(session) == [(1, 1), (2, 2), (1, 3)]
        entry = session.execute(select(audit.audit_log)).one()
        assert (entry.action, entry.at, '"理由":"核对"' in entry.entry) == ("thing.changed", CLOCK.now(), True)
        kept = session.execute(select(idempotency.idempotency)).one()
        assert (bytes(kept.body), kept.status, kept.headers["ETag"]) == (b"\x00\xff{}", 201, '"1"')


def test_an_event_is_stored_as_it_was_announced(session: Session) -> None:
    announce(session, Thing("a", division="220102"), 1)

    row = session.execute(select(outbox.outbox)).one()
    assert row.data == {"number": 1, "text": ThingChanged(1).text, "days": [1.5, 0]}
    assert (row.division, row.correlation_id, row.occurred_at) == ("220102", None, CLOCK.now())


def test_what_a_transaction_has_added_it_reads(session: Session) -> None:
    announce(session, Thing("a"), 1)

    assert session.scalar(text("SELECT count(*) FROM outbox")) == 1


def test_a_savepoint_that_is_undone_takes_its_own_rows_with_it(session: Session) -> None:
    announce(session, Thing("a"), 1)
    with pytest.raises(ZeroDivisionError), session.begin_nested():
        announce(session, Thing("b"), 2)
        raise ZeroDivisionError
    with session.begin_nested():
        announce(session, Thing("c"), 3)

    assert [number for _, number in announced(session)] == [1, 3]


def test_a_transaction_that_is_undone_leaves_no_row(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), Session(engine) as session, session.begin():
        announce(session, Thing("a"), 1)
        audit.record(session, CALLER, "thing.changed", "a", {}, CLOCK)
        raise ZeroDivisionError

    with Session(engine) as session:
        assert announced(session) == []
        assert session.scalar(text("SELECT count(*) FROM audit_log")) == 0
