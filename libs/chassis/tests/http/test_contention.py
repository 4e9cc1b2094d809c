"""A request that meets another change is tried again, and is never told that the database is away."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sample_process import Sample
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from testkit import wait_for

LOCK = text("SELECT 1 FROM item WHERE id = :id FOR UPDATE")
VERSIONS = text("SELECT version FROM item WHERE id = ANY(:ids) ORDER BY id")


@pytest.fixture
def items(sample: Sample) -> list[str]:
    """The ids of two items."""
    return [sample.make(name).json()["id"] for name in ("screw", "nail")]


@pytest.fixture
def other(sample: Sample) -> Iterator[Connection]:
    """A transaction beside those of the requests."""
    with sample.engine.connect() as connection:
        yield connection


def waiting(sample: Sample) -> int:
    """How many transactions wait for a lock in the sample's database."""
    with sample.engine.connect() as connection:
        found = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return connection.execute(text(found)).scalar_one()


def retries(sample: Sample) -> int:
    return sample.service.log.read_text().count("is tried again")


def test_the_one_of_two_deadlocked_transactions_that_is_given_up_is_tried_again(
    sample: Sample, items: list[str], other: Connection
) -> None:
    before = retries(sample)
    first, second = items
    times = 0
    # The database gives up the one that looks first. Where this process was held up for a second, it is the other one.
    while retries(sample) == before and times < 5:
        times += 1
        other.execute(LOCK, {"id": second})
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(sample.call, "POST", "/touched", json={"items": [first, second]})
            wait_for(lambda: waiting(sample) == 1)
            with suppress(OperationalError):
                other.execute(LOCK, {"id": first})
            other.rollback()

            assert answer.result().status_code == 204
    assert list(other.scalars(VERSIONS, {"ids": items})) == [1 + times, 1 + times]
    assert retries(sample) == before + 1


def test_a_lock_that_is_given_back_in_time_is_waited_for_again(
    sample: Sample, items: list[str], other: Connection
) -> None:
    before = retries(sample)
    other.execute(LOCK, {"id": items[0]})
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(sample.call, "POST", "/touched", json={"items": items, "lock_timeout": 500})
        wait_for(lambda: retries(sample) > before)
        other.commit()

        assert answer.result().status_code == 204
    assert list(other.scalars(VERSIONS, {"ids": items})) == [2, 2]


def test_a_lock_that_stays_is_answered_by_a_sentence_about_the_other_change(
    sample: Sample, items: list[str], other: Connection
) -> None:
    before = retries(sample)
    other.execute(LOCK, {"id": items[1]})
    answer = sample.call("POST", "/touched", json={"items": items, "lock_timeout": 50})

    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/held-by-another-change")
    assert "Another change held what this request needs" in answer.json()["detail"]
    assert "database" not in answer.text
    assert answer.headers["Retry-After"]
    assert retries(sample) == before + 2
    assert list(other.scalars(VERSIONS, {"ids": items})) == [1, 1]


def test_a_statement_that_takes_too_long_is_given_up_and_not_tried_again(sample: Sample) -> None:
    before = retries(sample)
    answer = sample.call("GET", "/endless")

    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/took-too-long")
    assert "took too long" in answer.json()["detail"]
    assert retries(sample) == before
