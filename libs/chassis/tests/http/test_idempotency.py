"""A request sent again with its key takes effect once and gets the same answer, through rivals and crashes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from sample_process import Sample
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.http.idempotency import purge

KEY = {"Idempotency-Key": "b7f7c1d2-0001"}


def test_the_same_request_again_gets_the_same_answer(sample: Sample) -> None:
    first = sample.make(headers=KEY)
    again = sample.make(headers=KEY)

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert {name: again.headers[name] for name in ("ETag", "Location", "Content-Type")} == {
        name: first.headers[name] for name in ("ETag", "Location", "Content-Type")
    }
    assert sample.count() == 1


def test_a_key_of_another_request_is_refused(sample: Sample) -> None:
    sample.make("screw", headers=KEY)

    answer = sample.make("bolt", headers=KEY)

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/key-reused"
    assert sample.count() == 1


def test_keys_of_two_callers_are_two_keys(sample: Sample) -> None:
    sample.make("screw", headers=KEY)

    assert sample.make("bolt", role="division", headers=KEY).status_code == 201
    assert sample.count() == 2


def test_callers_who_share_a_subject_and_differ_in_a_claim_that_scopes_share_no_key(sample: Sample) -> None:
    claims: list[dict[str, str]] = [
        {"role": "division", "division": "220100"},
        {"role": "division", "division": "220200"},
        {"role": "division", "division": "220200", "enterprise": "e"},
        {"role": "province", "division": "220200"},
        {"role": "province"},
    ]
    tokens = [sample.issuer.token(**{**each, "sub": "staff"}) for each in claims]
    answers = [sample.make(headers=KEY | {"Authorization": f"Bearer {token}"}) for token in tokens]

    # The second and all later ones meet the rule that names are unique; none is given the first one's answer.
    assert [answer.status_code for answer in answers] == [201, 409, 409, 409, 409]
    assert not any("Idempotency-Replayed" in answer.headers for answer in answers)
    assert sample.count() == 1


NO_KEYS = {"empty": "", "long": "a" * 256, "not ASCII": "吉林".encode(), "control": b"a\x01b"}


@pytest.mark.parametrize("key", NO_KEYS.values(), ids=NO_KEYS)
def test_what_can_be_no_key_is_refused(sample: Sample, key: str | bytes) -> None:
    answer = sample.make(headers={"Idempotency-Key": key})

    assert answer.status_code in (400, 422)
    assert sample.count() == 0


def test_a_refused_request_may_be_mended_and_sent_with_its_key(sample: Sample) -> None:
    assert sample.make(size=-1, headers=KEY).status_code == 422

    assert sample.make(size=1, headers=KEY).status_code == 201


@pytest.mark.parametrize("attempt", range(5))
def test_ten_rivals_with_one_key_have_one_effect_and_ten_equal_answers(sample: Sample, attempt: int) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: sample.make(headers=KEY), range(10)))

    assert [answer.status_code for answer in answers] == [201] * 10
    assert len({answer.content for answer in answers}) == 1
    assert sample.count() == 1


@pytest.mark.parametrize(("moment", "stored"), [("before commit", 0), ("after commit", 1)])
def test_a_process_killed_around_its_commit_has_one_effect_after_the_retry(
    own_sample: Sample, moment: str, stored: int
) -> None:
    own_sample.die(moment)
    with pytest.raises(requests.ConnectionError):
        own_sample.make(headers=KEY)
    assert own_sample.count() == stored

    own_sample.service.start()
    answer = own_sample.make(headers=KEY)

    assert answer.status_code == 201
    assert ("Idempotency-Replayed" in answer.headers) == bool(stored)
    assert own_sample.count() == own_sample.count("audit_log") == 1


def test_answers_are_kept_for_a_week_and_then_go(sample: Sample) -> None:
    with sample.engine.begin() as connection:
        for name, age in (("old", "8 days"), ("recent", "6 days")):
            connection.execute(
                text(
                    "INSERT INTO idempotency (key, caller, fingerprint, status, body, headers, created_at) "
                    "SELECT :name || n, 'x', '', 200, '', '{}', now() - CAST(:age AS interval) "
                    "FROM generate_series(1, 50) n"
                ),
                {"name": name, "age": age},
            )
    with Session(sample.engine) as session, session.begin():
        purge(session)

    with sample.engine.connect() as connection:
        kept = connection.scalars(text("SELECT DISTINCT regexp_replace(key, '[0-9]', '', 'g') FROM idempotency")).all()
    assert kept == ["recent"]
