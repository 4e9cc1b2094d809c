"""Whatever is sent, the answer is a problem with the right status, and nothing is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from sample_process import Sample

GOOD = {"name": "screw", "size": 1}
JSON = {"Content-Type": "application/json"}
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def send(sample: Sample, body: Any, **options: Any) -> requests.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return sample.call("POST", "/items", data=raw, headers={**JSON, **options.pop("headers", {})}, **options)


def assert_problem(answer: requests.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["correlation_id"] == answer.headers["X-Correlation-Id"]
    assert {"type", "title", "detail", "instance"} <= problem.keys()
    return problem


BODIES = {
    "not JSON": (b"{", 400),
    "no body": (b"", 400),
    "not UTF-8": (b'{"name": "\xff", "size": 1}', 400),
    "NaN": (b'{"name": "a", "size": NaN}', 400),
    "nested 100,000 deep": (b"[" * 100_000 + b"]" * 100_000, 400),
    "nested 100 deep": (b"[" * 100 + b"]" * 100, 422),
    "a list": ([], 422),
    "null": (None, 422),
    "a text": ("x", 422),
    "a missing field": ({"name": "a"}, 422),
    "an unknown field": (GOOD | {"extra": 1}, 422),
    "an unknown nested field": (GOOD | {"makers": [{"name": "a", "extra": 1}]}, 422),
    "a number as text": (GOOD | {"size": "1"}, 422),
    "a fraction": (GOOD | {"size": 1.5}, 422),
    "a boolean for a number": (GOOD | {"size": True}, 422),
    "a text for a boolean": (GOOD | {"fragile": "yes"}, 422),
    "null where none may be": (GOOD | {"name": None}, 422),
    "a number too large": (GOOD | {"size": 2**31}, 422),
    "a number beyond 64 bits": (GOOD | {"size": 2**64}, 422),
    "a number with 5,000 digits": (b'{"name": "a", "size": ' + b"9" * 5000 + b"}", 400),
    "infinity": (b'{"name": "a", "size": 1e999}', 422),
    "a negative number": (GOOD | {"size": -1}, 422),
    "NUL": (GOOD | {"name": "a\0b"}, 422),
    "NUL in a field's name": (GOOD | {"a\0b": 1}, 422),
    "a lone surrogate": (b'{"name": "\\ud800", "size": 1}', 422),
    "a text too long": (GOOD | {"name": "a" * 51}, 422),
    "an empty text": (GOOD | {"name": ""}, 422),
    "no such day": (GOOD | {"made_on": "2026-02-30"}, 422),
}


@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES)
def test_a_bad_body_is_refused_and_nothing_is_stored(sample: Sample, body: Any, status: int) -> None:
    assert_problem(send(sample, body), status)

    assert sample.count() == 0


def test_each_fault_is_named_with_its_place(sample: Sample) -> None:
    problem = assert_problem(send(sample, {"size": -1, "makers": [{}, {"name": ""}], "a/b": 1}), 422)

    assert {fault["pointer"] for fault in problem["errors"]} == {
        "/name",
        "/size",
        "/makers/0/name",
        "/makers/1/name",
        "/a~1b",
    }


def test_a_number_that_no_schema_bounds_is_refused_when_the_column_can_not_hold_it(sample: Sample) -> None:
    assert_problem(sample.call("POST", "/unbounded", json={"size": 2**40}), 422)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_content_type_is_refused(sample: Sample, content_type: str) -> None:
    assert_problem(send(sample, GOOD, headers={"Content-Type": content_type}), 415)

    assert sample.count() == 0


QUERIES = {
    "an unknown parameter": "colour=red",
    "a parameter given twice": "name=a&name=b",
    "a limit of 0": "limit=0",
    "a limit of 501": "limit=501",
    "a limit in words": "limit=many",
    "a number too large": "min_size=99999999999999999999999",
    "NUL": "name=a%00b",
    "a made-up cursor": "cursor=abc",
    "a cursor that is JSON": "cursor=WzEsMl0",
    "an empty cursor": "cursor=",
    "a cursor outside ASCII": "cursor=%E5%90%89",
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_bad_query_is_refused(sample: Sample, query: str) -> None:
    problem = assert_problem(sample.call("GET", f"/items?{query}"), 422)

    assert problem["errors"][0]["parameter"] == query.partition("=")[0]


@pytest.mark.parametrize("path", ["/items/1", "/items/%00", "/nowhere", "/items/..%2f", "/problems/%00"])
def test_an_address_where_nothing_is_says_so(sample: Sample, path: str) -> None:
    assert_problem(sample.call("GET", path), 404)


def test_a_method_that_is_not_offered_names_those_that_are(sample: Sample) -> None:
    answer = sample.call("DELETE", "/items")

    assert_problem(answer, 405)
    assert answer.headers["Allow"] == "GET, HEAD, POST"


def test_an_unexpected_failure_tells_its_correlation_id_and_nothing_else(sample: Sample) -> None:
    for path in ("/crash", "/broken-query"):
        answer = sample.call("GET", path)
        problem = assert_problem(answer, 500)

        assert set(problem) == {"type", "title", "status", "detail", "instance", "correlation_id"}
        assert not any(secret in answer.text for secret in ("hunter2", "Traceback", "no_such_table", "Error"))
        assert problem["correlation_id"] in sample.service.log.read_text()


def test_a_broken_rule_is_told_by_name_in_the_callers_language(sample: Sample) -> None:
    sample.make("screw")

    english = assert_problem(sample.make("screw"), 409)
    chinese = assert_problem(sample.make("screw", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}), 409)

    assert english["detail"] == "There is an item of that name; choose another."
    assert english["rule"] == "R0"
    assert english["name"] == "screw"
    assert chinese["detail"] == "该名称已被使用，请另选。"
    page = sample.call("GET", english["type"], role=None)
    assert page.status_code == 200
    assert "Name taken" in page.text


def test_faults_are_told_in_chinese_to_those_who_read_it(sample: Sample) -> None:
    problem = assert_problem(send(sample, {"name": "a"}, headers={"Accept-Language": "zh"}), 422)

    assert problem["errors"] == [{"pointer": "/size", "reason": "缺少必填项。"}]


@pytest.mark.parametrize("given", ["demo-0001-abcd", "01a2088a-e21e-7402-a4e7-f17706a8c46f"])
def test_a_callers_correlation_id_is_kept(sample: Sample, given: str) -> None:
    assert sample.call("GET", "/ping", headers={"X-Correlation-Id": given}).headers["X-Correlation-Id"] == given


@pytest.mark.parametrize("given", ["short", "a" * 200, "spaces are not sane", "<script>alert(1)</script>"])
def test_a_correlation_id_that_is_none_is_replaced(sample: Sample, given: str) -> None:
    assert sample.call("GET", "/ping", headers={"X-Correlation-Id": given}).headers["X-Correlation-Id"] != given


def test_a_workbook_is_taken_up_to_ten_mebibytes(sample: Sample) -> None:
    content = b"PK\x03\x04" + b"x" * (5 << 20)

    answer = sample.call("POST", "/workbooks", role="division", data=content, headers={"Content-Type": WORKBOOK})

    assert answer.status_code == 200, answer.text
    assert answer.json() == {"bytes": len(content)}


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"PK\x03\x04" + b"x" * (10 << 20), WORKBOOK, 413),
        (b"name,size", WORKBOOK, 422),
        (b"PK\x03\x04", "text/csv", 415),
    ],
    ids=["too large", "not a workbook", "another type"],
)
def test_what_is_no_workbook_is_refused(sample: Sample, content: bytes, content_type: str, status: int) -> None:
    headers = {"Content-Type": content_type}

    assert_problem(sample.call("POST", "/workbooks", role="division", data=content, headers=headers), status)
