"""The audit log: entries wait for nobody, are sealed once each, and one that is changed, deleted or moved is found."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

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


def seal(engine: Engine, limit: int = 1000) -> int:
    with Session(engine) as session, session.begin():
        return audit.seal(session, limit)


def verify(engine: Engine) -> tuple[bool, int, int | None]:
    """Whether the chain holds, how many entries do, and the first that does not."""
    with Session(engine) as session:
        found = audit.verify(session)
    return found.ok, found.checked, found.first_broken


def tamper(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in ("ALTER TABLE audit_log DISABLE TRIGGER ALL", *statements):
            connection.execute(text(statement))


def test_an_untouched_log_verifies(engine: Engine) -> None:
    assert verify(engine) == (True, 0, None)

    enter(engine, 10)
    assert seal(engine) == 10

    assert verify(engine) == (True, 10, None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'x' WHERE seq = 2",
        "UPDATE audit_log SET seq = 9 WHERE seq = 2",
        "UPDATE audit_log SET seq = NULL, previous_hash = NULL, hash = NULL WHERE seq = 2",
        "UPDATE audit_log SET actor = 'x' WHERE number = 4",
        "UPDATE audit_log SET actor = 'x', seq = 4, previous_hash = '', hash = '' WHERE number = 4",
        "DELETE FROM audit_log WHERE seq = 2",
        "TRUNCATE audit_log",
    ],
)
def test_the_database_refuses_to_change_an_entry(engine: Engine, statement: str) -> None:
    enter(engine, 3)
    seal(engine)
    enter(engine, 1)

    with pytest.raises(exc.DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))

    assert verify(engine) == (True, 3, None)


TAMPERINGS = {
    "an actor changed": (["UPDATE audit_log SET actor = 'han-meimei' WHERE seq = 4"], 4),
    "a time changed": (["UPDATE audit_log SET at = at + interval '1 hour' WHERE seq = 4"], 4),
    "the text changed": (["UPDATE audit_log SET entry = replace(entry, 'person:3', 'person:9') WHERE seq = 4"], 4),
    "a number changed": (["UPDATE audit_log SET number = 40 WHERE seq = 4"], 4),
    "a hash changed": (["UPDATE audit_log SET hash = repeat('a', 64) WHERE seq = 4"], 4),
    "text and hash changed together": (
        [
            "UPDATE audit_log SET entry = replace(entry, 'person:3', 'person:9'), subject = 'person:9' WHERE seq = 4",
            "UPDATE audit_log SET hash = encode(sha256(convert_to("
            "concat_ws(E'\\n', previous_hash, number, entry), 'UTF8')), 'hex') WHERE seq = 4",
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
            "INSERT INTO audit_log (seq, at, actor, role, action, subject, entry, previous_hash, hash) "
            "SELECT 11, at, actor, role, action, subject, entry, previous_hash, hash FROM audit_log WHERE seq = 10",
            "UPDATE audit_head SET seq = 11",
        ],
        11,
    ),
}


@pytest.mark.parametrize(("statements", "broken"), TAMPERINGS.values(), ids=TAMPERINGS)
def test_the_first_broken_entry_is_found(engine: Engine, statements: list[str], broken: int) -> None:
    enter(engine, 10)
    seal(engine)

    tamper(engine, *statements)

    assert verify(engine) == (False, broken - 1, broken)


def test_an_audited_write_waits_for_no_other(engine: Engine) -> None:
    with Session(engine) as first, first.begin():
        audit.record(first, CALLER, "person.reveal", "person:1", {}, CLOCK)
        with Session(engine) as second, second.begin():
            second.execute(text("SET LOCAL lock_timeout = '1ms'"))
            audit.record(second, CALLER, "person.reveal", "person:2", {}, CLOCK)
        assert seal(engine) == 1

    # The first has the lower number and came later: it is sealed next.
    assert seal(engine) == 1
    with engine.connect() as connection:
        order = connection.scalars(text("SELECT subject FROM audit_log ORDER BY seq")).all()
    assert order == ["person:2", "person:1"]
    assert verify(engine) == (True, 2, None)


def test_each_of_many_writers_entries_is_sealed_once_and_without_a_gap(engine: Engine) -> None:
    entered = Event()

    def write(_: int) -> None:
        for number in range(20):
            with Session(engine) as session:
                audit.record(session, CALLER, "person.reveal", f"person:{number}", {}, CLOCK)
                # Every fifth transaction is undone, and leaves a hole in the numbers.
                (session.rollback if number % 5 == 0 else session.commit)()

    def keep_sealing(_: int) -> int:
        sealed = 0
        while not entered.is_set():
            sealed += seal(engine, 7)
        return sealed

    with ThreadPoolExecutor(10) as pool:
        sealers = [pool.submit(keep_sealing, each) for each in range(2)]
        list(pool.map(write, range(8)))
        entered.set()
        sealed = sum(sealer.result() for sealer in sealers) + seal(engine)

    assert sealed == 8 * 16
    assert verify(engine) == (True, 8 * 16, None)


def test_a_sealer_that_dies_leaves_the_entries_for_the_next(engine: Engine) -> None:
    enter(engine, 3)
    with Session(engine) as session:
        assert audit.seal(session, 1000) == 3
        session.rollback()
    with Session(engine) as session:
        assert audit.verify(session).unsealed == 3

    assert seal(engine) == 3
    assert verify(engine) == (True, 3, None)


def enter_as_before(engine: Engine, subject: str) -> None:
    """Enters and chains in one, under the lock of the head, as versions before 0.2.0 do."""
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO audit_head VALUES (1, 0, repeat('0', 64)) ON CONFLICT DO NOTHING"))
        head = connection.execute(text("SELECT seq, hash FROM audit_head FOR UPDATE")).one()
        row = {"seq": head.seq + 1, "at": CLOCK.now(), "actor": "a", "role": "r", "action": "x", "subject": subject}
        whole = {**row, "at": CLOCK.now().isoformat(), "details": {}, "token": None}
        entry = json.dumps(whole, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(f"{head.hash}\n{entry}".encode()).hexdigest()
        connection.execute(
            text(
                "INSERT INTO audit_log (seq, at, actor, role, action, subject, entry, previous_hash, hash) "
                "VALUES (:seq, :at, :actor, :role, :action, :subject, :entry, :previous, :hash)"
            ),
            {**row, "entry": entry, "previous": head.hash, "hash": digest},
        )
        connection.execute(text("UPDATE audit_head SET seq = seq + 1, hash = :hash"), {"hash": digest})


def test_the_version_before_goes_on_entering_beside_this_one(engine: Engine) -> None:
    for number in range(3):
        enter_as_before(engine, f"old:{number}")
        enter(engine, 2)
        seal(engine, 1)
    seal(engine)

    assert verify(engine) == (True, 9, None)
    tamper(engine, "UPDATE audit_log SET seq = 90 WHERE subject = 'old:1'")
    assert verify(engine)[0] is False


def test_an_entry_goes_with_its_transaction(engine: Engine) -> None:
    with Session(engine) as session:
        audit.record(session, None, "sweep.fired", "due:1", {}, CLOCK)
        session.rollback()

    assert seal(engine) == 0
    assert verify(engine) == (True, 0, None)


def test_a_part_is_verified_at_a_time(engine: Engine) -> None:
    enter(engine, 10)
    seal(engine)
    with Session(engine) as session:
        first, last = audit.verify(session, 0, 6), audit.verify(session, 6, 6)
        beyond = audit.verify(session, 11, 6)

    assert (first.ok, first.checked, first.next) == (True, 6, 6)
    assert (last.ok, last.checked, last.next) == (True, 4, None)
    assert (beyond.ok, beyond.checked, beyond.problem) == (False, 0, "there is no entry 11 to go on after")


def test_the_auditor_reads_and_verifies_and_nobody_else_may(own_sample: Sample) -> None:
    for name in ("a", "b", "c"):
        own_sample.make(name)
    seal(own_sample.engine, 2)

    listed = own_sample.call("GET", "/audit?limit=2&action=item.make", role="auditor").json()

    assert [(entry["number"], entry["seq"]) for entry in listed["items"]] == [(3, None), (2, 2)]
    assert listed["next"]
    assert own_sample.call("GET", "/audit?since=2199-01-01T00:00:00Z", role="auditor").json()["items"] == []
    found = own_sample.call("GET", "/audit/verify", role="auditor").json()
    assert found.pop("unsealed_since")
    assert found == {
        "ok": True,
        "checked": 2,
        "first_broken": None,
        "problem": None,
        "next": None,
        "anchored_to": None,
        "anchored_at": None,
        "sealed": 2,
        "unsealed": 1,
    }
    assert own_sample.call("GET", "/audit/verify?limit=1", role="auditor").json()["next"] == 1
    assert own_sample.call("GET", "/audit/verify?limit=10001", role="auditor").status_code == 422
    assert {own_sample.call("GET", "/audit", role=role).status_code for role in ("province", "ops")} == {403}
    tamper(own_sample.engine, "UPDATE audit_log SET actor = 'x' WHERE seq = 2")
    assert own_sample.call("GET", "/audit/verify", role="auditor").json()["first_broken"] == 2
