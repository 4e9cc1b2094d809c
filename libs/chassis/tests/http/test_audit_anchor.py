"""A log that its database's owner wrote anew, hashes and head and all, is found by the checkpoints kept elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey
from sample_process import Issuer, Sample, engine_of
from sqlalchemy import Engine, select, text, update
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from chassis.messaging import ChainSealed, Envelope, keep_checkpoints
from chassis.security import Caller, audit

CALLER = Caller("li-lei", "division")
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CLOCK = FixedClock(NOW)


def key_set(*keys: OKPKey) -> str:
    return json.dumps({"keys": [key.as_dict(private=True) for key in keys]})


KEY, OTHER_KEY = (OKPKey.generate_key("Ed25519", {"kid": kid}) for kid in ("one", "two"))
KEYS = audit.SigningKeys(key_set(KEY))


@pytest.fixture
def keeper(make_database: Callable[[str], str]) -> Iterator[Engine]:
    """The database of the service that keeps the checkpoints."""
    engine = engine_of(make_database("sample"))
    yield engine
    engine.dispose()


def enter_and_seal(engine: Engine, count: int) -> None:
    with Session(engine) as session, session.begin():
        for number in range(count):
            audit.record(session, CALLER, "person.revealed", f"person:{number}", {}, CLOCK)
        audit.seal(session, 1000)


def checkpoint_of(engine: Engine, number: int, keys: audit.SigningKeys = KEYS) -> tuple[audit.Checkpoint, str]:
    with engine.connect() as connection:
        seq, digest = connection.execute(text("SELECT seq, hash FROM audit_head")).one()
    made = audit.Checkpoint("sample", number, seq, digest, NOW + timedelta(minutes=number))
    return made, keys.sign(made)


def keep(keeper: Engine, checkpoint: audit.Checkpoint, signed: str) -> bool:
    with Session(keeper) as session, session.begin():
        return audit.keep(session, checkpoint, signed)


def kept_at(keeper: Engine, keys: audit.SigningKeys = KEYS) -> audit.Kept:
    with Session(keeper) as session:
        return audit.Kept(tuple(keys.open(each.signed) for each in audit.checkpoints_of(session, "sample")))


def verify(engine: Engine, kept: audit.Kept, after: int = 0) -> audit.Verification:
    with Session(engine) as session:
        return audit.verify(session, after, kept=kept)


def rewrite(engine: Engine, place: int, through: int | None = None) -> None:
    """As the database's owner: another name in the entry at `place`, and from there on each hash anew."""
    log = audit.audit_log
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER ALL"))
        if through is not None:
            connection.execute(text("DELETE FROM audit_log WHERE seq > :seq"), {"seq": through})
        changed = update(log).where(log.c.seq == place)
        entry = connection.scalar(select(log.c.entry).where(log.c.seq == place)) or ""
        connection.execute(changed.values(actor="han-meimei", entry=entry.replace("li-lei", "han-meimei")))
        # The sealer itself chains them anew.
        previous = connection.scalar(select(log.c.hash).where(log.c.seq == place - 1)) or "0" * 64
        connection.execute(update(log).where(log.c.seq >= place).values(seq=None, previous_hash=None, hash=None))
        connection.execute(text("UPDATE audit_head SET seq = :seq, hash = :hash"), {"seq": place - 1, "hash": previous})
    with Session(engine) as session, session.begin():
        audit.seal(session, 1000)


@pytest.fixture
def anchored(engine: Engine, keeper: Engine) -> Engine:
    """Thirty entries, with checkpoints at 10 and 20 that the keeper has."""
    for number in (1, 2):
        enter_and_seal(engine, 10)
        assert keep(keeper, *checkpoint_of(engine, number))
    enter_and_seal(engine, 10)
    return engine


def test_a_log_that_is_as_it_was_agrees_with_its_checkpoints(anchored: Engine, keeper: Engine) -> None:
    found = verify(anchored, kept_at(keeper))

    assert (found.ok, found.checked, found.anchored_to, found.sealed) == (True, 30, 20, 30)
    assert found.anchored_at == NOW + timedelta(minutes=2)


def test_a_rewritten_log_holds_in_itself_and_not_against_the_checkpoints(anchored: Engine, keeper: Engine) -> None:
    rewrite(anchored, 14)

    assert verify(anchored, audit.Kept()).ok
    found = verify(anchored, kept_at(keeper))
    assert (found.ok, found.first_broken, found.anchored_to) == (False, 11, 10)
    assert "between 11 and 20" in str(found.problem)
    # What comes after the last checkpoint can't be told yet.
    assert verify(anchored, kept_at(keeper), after=20).ok


def test_a_log_that_was_cut_off_is_found_by_a_checkpoint_past_its_end(anchored: Engine, keeper: Engine) -> None:
    rewrite(anchored, 11, through=15)

    assert verify(anchored, audit.Kept()).ok
    found = verify(anchored, kept_at(keeper))
    assert (found.ok, found.first_broken) == (False, 16)
    assert "there was an entry 20" in str(found.problem)


def test_a_checkpoint_that_contradicts_another_is_kept_beside_it(anchored: Engine, keeper: Engine) -> None:
    earlier, signed = checkpoint_of(anchored, 3)
    assert keep(keeper, earlier, signed)
    rewrite(anchored, 14)

    assert not keep(keeper, *checkpoint_of(anchored, 4))
    rewrite(anchored, 14, through=25)
    assert not keep(keeper, *checkpoint_of(anchored, 5))
    # The same once more, as after a rebuild, is no contradiction.
    assert keep(keeper, earlier, signed)
    with Session(keeper) as session:
        assert audit.contradictions(session) == {"sample": 2}
        assert [row.seal for row in audit.checkpoints_of(session, "sample")] == [10, 20, 25, 30, 30]


def test_a_keeper_tells_of_a_checkpoint_that_contradicts_another(
    anchored: Engine, keeper: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    rewrite(anchored, 14, through=20)
    made, signed = checkpoint_of(anchored, 3)
    data = ChainSealed(made.seal, made.hash, signed)
    event = Envelope("e1", "/sample", "sample_audit.sealed.v1", "sample", NOW, made.number, data)
    with Session(keeper) as session, session.begin():
        keep_checkpoints(session, [event])

    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "the checkpoint 3 of the audit log of sample, of entry 20, contradicts" in told


def test_one_that_came_late_contradicts_none(anchored: Engine, keeper: Engine) -> None:
    late = checkpoint_of(anchored, 3)
    enter_and_seal(anchored, 10)
    assert keep(keeper, *checkpoint_of(anchored, 4))

    assert keep(keeper, *late)


def test_keys_are_changed_by_putting_the_new_one_first(anchored: Engine, keeper: Engine) -> None:
    both = audit.SigningKeys(key_set(OTHER_KEY, KEY))
    assert keep(keeper, *checkpoint_of(anchored, 3, both))

    assert verify(anchored, kept_at(keeper, both)).anchored_to == 30
    with pytest.raises(audit.Unsigned):
        kept_at(keeper)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"keys": []}', '{"keys": [{"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ"}]}']
)
def test_what_is_no_set_of_keys_is_refused(content: str) -> None:
    with pytest.raises(ValueError, match=r"JWK Set|Ed25519"):
        audit.SigningKeys(content)


@pytest.fixture
def services(database_url: str, keeper: Engine, issuer: Issuer, tmp_path: Path) -> Iterator[tuple[Sample, Sample]]:
    """The sample, and the service that keeps its checkpoints."""
    (folder := tmp_path / "keeper").mkdir()
    keeping = Sample(keeper.url.render_as_string(hide_password=False), issuer, folder)
    keeping.service.start()
    own = {"url_keeper": keeping.service.url, "feed_token": issuer.token("system"), "audit_key": key_set(KEY)}
    sample = Sample(database_url, issuer, tmp_path, **own)
    sample.service.start()
    yield sample, keeping
    for each in (sample, keeping):
        each.close()


def test_verification_asks_the_service_that_keeps_the_checkpoints(
    services: tuple[Sample, Sample], anchored: Engine, keeper: Engine
) -> None:
    sample, keeping = services

    def verified(query: str = "") -> dict[str, object]:
        answer: dict[str, object] = sample.call("GET", f"/audit/verify{query}", role="auditor").json()
        return {name: answer[name] for name in ("ok", "checked", "anchored_to", "next", "problem")}

    assert verified() == {"ok": True, "checked": 30, "anchored_to": 20, "next": None, "problem": None}
    assert verified("?limit=15") == {"ok": True, "checked": 15, "anchored_to": 10, "next": 15, "problem": None}
    listed = keeping.call("GET", "/audit/checkpoints?service=sample&after=10&through=15", role="system").json()
    assert (listed["items"], listed["last"]["seal"]) == ([], 20)
    assert keeping.call("GET", "/audit/checkpoints?service=sample", role="enterprise").status_code == 403

    forged = checkpoint_of(anchored, 3, audit.SigningKeys(key_set(OTHER_KEY)))
    keep(keeper, *forged)
    assert "is not signed by a key of this service" in str(verified()["problem"])
    keeping.service.kill()
    unanswered = verified()
    assert (unanswered["ok"], unanswered["checked"]) == (False, 30)
    assert "the checkpoints that keeper keeps could not be had" in str(unanswered["problem"])
