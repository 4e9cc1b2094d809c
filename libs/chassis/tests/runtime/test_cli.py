"""The operator's commands, on a real database."""

from __future__ import annotations

import dataclasses
import getpass
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import NOWHERE, Rows
from joserfc.jwk import OKPKey
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from chassis.clock import SystemClock
from chassis.process.cli import main
from chassis.security import audit

PARK = """
    INSERT INTO inbox_parked (aggregate, version, type, event, reason, detail, state, attempts, parked_at)
    VALUES ('thing:1', 1, 'thing.made.v1', '{}', 'ValueError', 'the stack', 'waiting', 5, now()),
           ('thing:1', 2, 'thing.changed.v1', '{}', 'waits for its predecessor', NULL, 'blocked', 0, now())
    RETURNING id
"""


KEYS = json.dumps({"keys": [OKPKey.generate_key("Ed25519", {"kid": "one"}).as_dict(private=True)]})


@pytest.fixture
def run(database_url: str) -> Any:
    def run(*arguments: str) -> Result:
        environ = {"CQO_DATABASE_URL": database_url, "CQO_AMQP_URL": NOWHERE, "CQO_JWKS": "keys.json"}
        environ["CQO_AUDIT_KEY"] = KEYS
        return CliRunner().invoke(main, ["pilot", *arguments], env=environ)

    return run


@pytest.fixture
def parked(engine: Engine) -> list[str]:
    with engine.begin() as connection:
        return [str(number) for number in connection.scalars(text(PARK))]


def seal(engine: Engine) -> None:
    """As the worker's sealer does, which does not run here."""
    with Session(engine) as session, session.begin():
        audit.seal(session, 1000)


def audited(engine: Engine) -> list[Any]:
    wanted = text("SELECT actor, action, subject FROM audit_log ORDER BY number")
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(wanted)]


def test_parked_events_are_listed_and_shown(run: Any, parked: list[str]) -> None:
    listed = run("parked", "list")
    shown = run("parked", "show", parked[0])

    assert listed.exit_code == shown.exit_code == 0
    assert "thing.made.v1" in listed.output
    assert "blocked" in listed.output
    assert "thing.made.v1" not in run("parked", "list", "--state", "blocked").output
    assert "the stack" in shown.output


def test_replaying_and_skipping_are_audited_under_the_users_name(run: Any, parked: list[str], engine: Engine) -> None:
    me = f"os:{getpass.getuser()}"
    for arguments in (["replay", parked[0]], ["replay-all"], ["skip", parked[0], "--reason", "made by mistake"]):
        assert run("parked", *arguments).exit_code == 0

    assert audited(engine) == [
        (me, "parked.replayed", parked[0]),
        (me, "parked.replayed", "all"),
        (me, "parked.skipped", parked[0]),
    ]
    assert "3 are not sealed yet" in run("audit", "verify").output
    seal(engine)
    assert run("audit", "verify").output == "3 entries, unbroken; no checkpoint to compare with\n"


def test_what_cannot_be_done_is_told_in_one_line_and_changes_nothing(
    run: Any, parked: list[str], engine: Engine
) -> None:
    too_early = run("parked", "skip", parked[1], "--reason", "made by mistake")
    unknown = run("parked", "replay", "4711")
    no_reason = run("parked", "skip", parked[0])

    assert [result.exit_code for result in (too_early, unknown, no_reason)] == [1, 1, 2]
    assert unknown.output.startswith("Error: There is no such object")
    assert audited(engine) == []


def test_a_broken_audit_log_gives_exit_status_1(run: Any, parked: list[str], engine: Engine) -> None:
    run("parked", "replay-all")
    seal(engine)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE audit_log SET actor = 'nobody'"))
    verified = run("audit", "verify")

    assert verified.exit_code == 1
    assert verified.output.startswith("Error: the audit log does not verify: entry 1 is not what was sealed")


def test_a_log_is_verified_against_the_checkpoints_in_a_file(
    run: Any, parked: list[str], engine: Engine, tmp_path: Path
) -> None:
    for _ in range(3):
        run("parked", "replay-all")
    seal(engine)
    keys = audit.SigningKeys(KEYS)
    with Session(engine) as session, session.begin():
        entry = session.execute(text("SELECT seq, hash FROM audit_log WHERE seq = 2")).one()
        checkpoint = audit.Checkpoint("pilot", 1, *entry, SystemClock().now())
        audit.keep(session, checkpoint, keys.sign(checkpoint))
    kept = tmp_path / "checkpoints"
    kept.write_text(run("audit", "checkpoints", "pilot").output)

    agrees = run("audit", "verify", "--checkpoints", str(kept))
    kept.write_text(keys.sign(dataclasses.replace(checkpoint, hash="f" * 64)) + "\n")
    differs = run("audit", "verify", "--checkpoints", str(kept))
    kept.write_text("nonsense")
    unsigned = run("audit", "verify", "--checkpoints", str(kept))

    assert agrees.output.startswith("3 entries, unbroken; as in the checkpoints up to entry 2 of ")
    assert (differs.exit_code, unsigned.exit_code) == (1, 1)
    assert "the chain holds in itself, but was written anew" in differs.output
    assert "not signed by a key of this service" in unsigned.output


def test_what_is_due_is_listed_with_what_is_overdue(run: Any, rows: Rows) -> None:
    rows.plan("late", -2)
    rows.plan("later", +2)
    listed = run("due", "list").output

    assert listed.index("late") < listed.index("later")
    assert "pilot.notice: 1 overdue" in listed


def test_a_database_that_does_not_answer_is_told_in_one_line() -> None:
    environ = {"CQO_DATABASE_URL": "postgresql://x@127.0.0.1:9/x", "CQO_AMQP_URL": NOWHERE, "CQO_JWKS": "keys.json"}
    result = CliRunner().invoke(main, ["pilot", "due", "list"], env=environ)

    assert result.exit_code == 1
    assert result.output.startswith("Error: the database of pilot:")
