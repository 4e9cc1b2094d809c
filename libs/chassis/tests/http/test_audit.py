"""A row of the audit log that is changed, deleted or reordered is found, even by who can switch the trigger off."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sample_process import Sample
from sqlalchemy import Engine, exc, text
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from chassis.security import audit
from chassis.security.tokens import Caller

CALLER = Caller("li-lei", "division", token_id="t-1")
CLOCK = FixedClock(datetime(2026, 3, 2, 1, 0, 0, 123456, tzinfo=UTC))


def enter(engine: Engine, count: int) -> None:
    for number in range(count):
        with Session(engine) as session, session.begin():
            audit.record(session, CALLER, "person.reveal", f"person:{number}", {"理由": "核对"}, CLOCK)


def verify(engine: Engine) -> audit.Verification:
    with Session(engine) as session:
        return audit.verify(session)


def tamper(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in ("ALTER TABLE audit_log DISABLE TRIGGER ALL", *statements):
            connection.execute(text(statement))


def test_an_untouched_log_verifies(engine: Engine) -> None:
    assert verify(engine) == (True, 0, None)

    enter(engine, 10)

    assert verify(engine) == (True, 10, None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'x' WHERE seq = 2",
        "DELETE FROM audit_log WHERE seq = 2",
        "TRUNCATE audit_log",
    ],
)
def test_the_database_refuses_to_change_an_entry(engine: Engine, statement: str) -> None:
    enter(engine, 3)

    with pytest.raises(exc.DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))

    assert verify(engine) == (True, 3, None)


TAMPERINGS = {
    "an actor changed": (["UPDATE audit_log SET actor = 'han-meimei' WHERE seq = 4"], 4),
    "a time changed": (["UPDATE audit_log SET at = at + interval '1 hour' WHERE seq = 4"], 4),
    "the text changed": (["UPDATE audit_log SET entry = replace(entry, 'person:3', 'person:9') WHERE seq = 4"], 4),
    "a hash changed": (["UPDATE audit_log SET hash = repeat('a', 64) WHERE seq = 4"], 4),
    "text and hash changed together": (
        [
            "UPDATE audit_log SET entry = replace(entry, 'person:3', 'person:9'), subject = 'person:9' WHERE seq = 4",
            "UPDATE audit_log SET hash = encode(sha256(convert_to(previous_hash || E'\\n' || entry, 'UTF8')), 'hex') "
            "WHERE seq = 4",
        ],
        5,
    ),
    "one deleted": (["DELETE FROM audit_log WHERE seq = 4"], 4),
    "the first deleted": (["DELETE FROM audit_log WHERE seq = 1"], 1),
    "the last deleted": (["DELETE FROM audit_log WHERE seq = 10"], 10),
    "all deleted": (["DELETE FROM audit_log"], 1),
    "two swapped": (
        ["UPDATE audit_log SET seq = -seq WHERE seq IN (4, 5)", "UPDATE audit_log SET seq = 9 + seq WHERE seq < 0"],
        4,
    ),
    "one deleted and the rest renumbered": (
        [
            "DELETE FROM audit_log WHERE seq = 4",
            *[f"UPDATE audit_log SET seq = {n - 1} WHERE seq = {n}" for n in range(5, 11)],
        ],
        4,
    ),
    "one slipped in at the end": (
        [
            "INSERT INTO audit_log SELECT 11, at, actor, role, action, subject, entry, previous_hash, hash "
            "FROM audit_log WHERE seq = 10",
            "UPDATE audit_head SET seq = 11",
        ],
        11,
    ),
}


@pytest.mark.parametrize(("statements", "broken"), TAMPERINGS.values(), ids=TAMPERINGS)
def test_the_first_broken_entry_is_found(engine: Engine, statements: list[str], broken: int) -> None:
    enter(engine, 10)

    tamper(engine, *statements)

    assert verify(engine) == (False, broken - 1, broken)


def test_rivals_make_one_chain(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: enter(engine, 10), range(8)))

    assert verify(engine) == (True, 80, None)


def test_an_entry_goes_with_its_transaction(engine: Engine) -> None:
    with Session(engine) as session:
        audit.record(session, None, "sweep.fired", "due:1", {}, CLOCK)
        session.rollback()

    assert verify(engine) == (True, 0, None)


def test_the_auditor_reads_and_verifies_and_nobody_else_may(own_sample: Sample) -> None:
    for name in ("a", "b", "c"):
        own_sample.make(name)

    listed = own_sample.call("GET", "/audit?limit=2&action=item.make", role="auditor").json()

    assert [entry["seq"] for entry in listed["items"]] == [3, 2]
    assert listed["next"]
    assert own_sample.call("GET", "/audit?since=2199-01-01T00:00:00Z", role="auditor").json()["items"] == []
    assert own_sample.call("GET", "/audit/verify", role="auditor").json() == {
        "ok": True,
        "checked": 3,
        "first_broken": None,
    }
    assert {own_sample.call("GET", "/audit", role=role).status_code for role in ("province", "ops")} == {403}
    tamper(own_sample.engine, "UPDATE audit_log SET actor = 'x' WHERE seq = 2")
    assert own_sample.call("GET", "/audit/verify", role="auditor").json()["first_broken"] == 2
