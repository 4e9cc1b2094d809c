"""The description is valid OpenAPI 3.1, says all, and the service keeps to it."""

from __future__ import annotations

import json
import re
import socket
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from sample_process import Sample
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from chassis.http.server import IdConverter

# The rules of a name or a day are beyond a schema, so a well-formed request may still be refused.
UNSUITABLE = [positive_data_acceptance]


@pytest.fixture
def document(sample: Sample) -> dict[str, Any]:
    return sample.call("GET", "/openapi.json", role=None).json()


def test_every_schema_and_reference_in_it_holds(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(document).validate()
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        target: Any = document
        for step in reference.split("/"):
            target = target[step]


def test_each_route_tells_its_roles_problems_and_headers(document: dict[str, Any]) -> None:
    make = document["paths"]["/items"]["post"]

    assert make["x-roles"] == ["division", "province"]
    assert {"201", "401", "403", "409", "413", "415", "422", "503", "default"} <= make["responses"].keys()
    assert "There is an item of that name" in make["responses"]["409"]["description"]
    assert {"$ref": "#/components/parameters/Idempotency-Key"} in make["parameters"]
    assert document["paths"]["/ping"]["get"]["security"] == []
    listed = {parameter.get("name") for parameter in document["paths"]["/items"]["get"]["parameters"]}
    assert {"name", "min_size", "limit", "cursor"} <= listed
    [identifier] = [p for p in document["paths"]["/items/{item_id}"]["get"]["parameters"] if p.get("in") == "path"]
    assert identifier["schema"] == {"type": "string", "format": "uuid", "pattern": f"^{IdConverter.regex}$"}


def test_every_operation_has_an_id_of_its_own_and_a_summary(document: dict[str, Any]) -> None:
    operations = [operation for path in document["paths"].values() for operation in path.values()]

    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"] for operation in operations)


def test_the_page_needs_nothing_from_elsewhere(sample: Sample) -> None:
    page = sample.call("GET", "/docs", role=None)

    assert page.headers["Content-Type"].startswith("text/html")
    assert "http://" not in page.text and "https://" not in page.text
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    named = re.findall(r'(?:src|href)="(?!data:)([^"]*)"', page.text)
    assert len(named) == 3
    for path in named:
        assert not path.startswith("/"), "behind a proxy the service is below the origin"
        assert sample.call("GET", f"/{path}", role=None).status_code == 200


def test_the_files_of_the_page_are_kept_by_browsers(sample: Sample) -> None:
    first = sample.call("GET", "/docs/swagger-ui.css", role=None)
    again = sample.call("GET", "/docs/swagger-ui.css", role=None, headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "max-age" in first.headers["Cache-Control"]
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name", ["index.html", "..%2F__init__.py", "../core.py", "swagger-ui-bundle.js%2F..%2FLICENSE"]
)
def test_no_other_file_is_served_beside_the_page(sample: Sample, name: str) -> None:
    with socket.create_connection(("127.0.0.1", sample.service.http_port), timeout=20) as opened:
        opened.sendall(f"GET /docs/{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())

        assert opened.recv(4096).startswith(b"HTTP/1.1 404")


def test_a_list_that_does_not_come_in_pages_is_described_as_an_array(document: dict[str, Any]) -> None:
    described = document["paths"]["/makers"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert described == {"type": "array", "items": {"$ref": "#/components/schemas/Maker"}}


MADE_TO_FAIL = {"/crash", "/broken-query", "/endless"}
NOT_JSON = {"/metrics", "/docs", "/docs/{name}", "/problems/{name}", "/workbooks"}


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_the_service_keeps_to_its_description_whatever_is_sent(shared_sample: Sample, mode: GenerationMode) -> None:
    described = schemathesis.openapi.from_url(f"{shared_sample.service.url}/openapi.json")
    headers = {"Authorization": f"Bearer {shared_sample.issuer.token('province')}"}

    def conforms(case: schemathesis.Case) -> None:
        answer = case.call(headers=headers)
        # The tool does not know 414 as a way to refuse its longest inventions.
        if answer.status_code != 414:
            case.validate_response(answer, excluded_checks=UNSUITABLE)

    tried = 0
    for found in described.get_all_operations():
        operation = found.ok()
        if operation.path in MADE_TO_FAIL | NOT_JSON or (mode.is_negative and not has_parts_to_spoil(operation)):
            continue
        tried += 1
        given_time = settings(
            max_examples=20, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
        )
        given_time(given(operation.as_strategy(generation_mode=mode))(conforms))()
    assert tried > 5


def has_parts_to_spoil(operation: Any) -> bool:
    return bool(list(operation.body) or list(operation.query) or list(operation.path_parameters))
