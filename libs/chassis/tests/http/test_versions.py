"""A change rests on the version that was read; a read that changed nothing is not sent again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sample_process import Sample

CHANGE = {"name": "nail", "size": 2}


def test_a_change_raises_the_etag(sample: Sample) -> None:
    made = sample.make()

    changed = sample.call("PUT", made.headers["Location"], json=CHANGE, headers={"If-Match": made.headers["ETag"]})

    assert (made.headers["ETag"], changed.headers["ETag"]) == ('"1"', '"2"')
    assert changed.json()["version"] == 2


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 428),
        ({"If-Match": "*"}, 428),
        ({"If-Match": '"7"'}, 412),
        ({"If-Match": "rubbish"}, 412),
        ({"If-Match": '"1", "2"'}, 412),
    ],
    ids=["none", "any", "stale", "rubbish", "a list"],
)
def test_a_change_without_the_present_etag_is_refused(sample: Sample, headers: dict[str, str], status: int) -> None:
    made = sample.make()

    assert sample.call("PUT", made.headers["Location"], json=CHANGE, headers=headers).status_code == status
    assert sample.call("GET", made.headers["Location"]).json() == made.json()


def test_of_many_changes_to_one_version_one_succeeds(sample: Sample) -> None:
    made = sample.make()
    path, headers = made.headers["Location"], {"If-Match": made.headers["ETag"]}

    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: sample.call("PUT", path, json=CHANGE, headers=headers), range(8))

    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7


def test_a_read_of_a_known_version_answers_that_nothing_changed(sample: Sample) -> None:
    made = sample.make()
    known = {"If-None-Match": made.headers["ETag"]}

    answer = sample.call("GET", made.headers["Location"], headers=known)
    assert (answer.status_code, answer.content) == (304, b"")

    sample.call("PUT", made.headers["Location"], json=CHANGE, headers={"If-Match": made.headers["ETag"]})
    assert sample.call("GET", made.headers["Location"], headers=known).json()["version"] == 2
