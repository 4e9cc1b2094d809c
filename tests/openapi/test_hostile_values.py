"""Each place of each request holds what breaks careless services; nothing is 5xx, nothing forbidden is taken.

In each run a place gets some of the values, and each value comes to many places; CQO_FUZZ_EXAMPLES=200 gives each all.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, TypeVar
from urllib.parse import quote

import hostile
import pytest
import requests
from openapi_world import FILES, SERVICES, Api, is_tried
from oracle import Oracle

IS_THOROUGH = int(os.environ.get("CQO_FUZZ_EXAMPLES", "0")) >= 100
AT_A_PLACE = 2
GOOD = {
    "uscc": "91220101MA0Y12340Q",
    "id_number": "220102199001010017",
    "industry": "C36",
    "phone": "13800000001",
    "email": "li@ren.example",
    "cursor": "WyJpZCIsIngiXQ",
}
ValueT = TypeVar("ValueT")
_turn = count()


def some(values: Sequence[ValueT]) -> list[ValueT]:
    """The next few of the values, in turns; all in a thorough run."""
    if IS_THOROUGH:
        return list(values)
    return [values[next(_turn) % len(values)] for _ in range(AT_A_PLACE)]


class Sender:
    """Sends what its operation is given to an API, and judges the answers."""

    def __init__(self, api: Api) -> None:
        self.api, self.document = api, api.document
        self.oracle, self.seen = Oracle(api.document), Counter[int]()
        self.session = requests.Session()
        self.session.trust_env = False
        self.faults: list[str] = []

    def good(self, name: str, schema: dict[str, Any]) -> Any:
        """Something that conforms to a schema; of a name that is known, what is there."""
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type", "string")
        match [kind] if isinstance(kind, str) else kind:
            case ["object", *_]:
                return {inner: self.good(inner, found) for inner, found in schema.get("properties", {}).items()}
            case ["array", *_]:
                return [self.good(name, schema["items"])]
            case ["integer" | "number", *_]:
                return max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0), 1)
            case ["boolean", *_]:
                return True
        if schema.get("format") in ("date", "date-time"):
            return "2026-03-02" if schema["format"] == "date" else "2026-03-02T00:00:00Z"
        if schema.get("format") == "uuid":
            return self.api.known.get(name, "01990f3a-6c1d-7b0e-9a44-0d4f0c6a7b29")
        return GOOD.get(name) or self.api.known.get(name, "示例文字")

    def send(self, path: str, method: str, **changed: Any) -> requests.Response:
        """A good request, but for what is changed: `path_values`, `query`, `headers`, `body`, `raw`, `media_type`."""
        operation = self.document["paths"][path][method]
        role = "province" if "province" in operation["x-roles"] else (operation["x-roles"] or ["province"])[0]
        headers = {"Authorization": f"Bearer {self.api.token(role)}", "If-Match": '"1"'} | changed.get("headers", {})
        address = path
        for parameter in operation["parameters"]:
            if parameter.get("in") == "path":
                name = parameter["name"]
                value = changed.get("path_values", {}).get(name, self.good(name, parameter["schema"]))
                address = address.replace(f"{{{name}}}", quote(str(value).encode("utf-8", "surrogatepass"), safe=""))
        body = None
        if "requestBody" in operation:
            [own_type, *_] = operation["requestBody"]["content"]
            headers["Content-Type"] = changed.get("media_type", own_type)
            body = changed["raw"] if "raw" in changed else json.dumps(changed.get("body")).encode()
        given = [
            f"{name}={quote(str(value).encode('utf-8', 'surrogatepass'), safe='')}"
            for name, value in changed.get("query", {}).items()
        ]
        address = f"{self.api.running.url}{address}?{'&'.join(given)}".rstrip("?")
        kept = {name: value.encode("latin-1") for name, value in headers.items() if value is not None}
        return self.session.request(method.upper(), address, headers=kept, data=body, timeout=60)

    def judge(self, path: str, method: str, *allowed: int, **changed: Any) -> None:
        """Sends, and notes what disagrees with the document, or a status that is not one of `allowed`."""
        answer = self.send(path, method, **changed)
        self.seen[answer.status_code] += 1
        try:
            self.oracle.judge(path, method, answer)
            assert not allowed or answer.status_code in allowed, f"{path} {answer.status_code} {changed!r:.300}"
        except AssertionError as fault:
            self.faults.append(f"{method.upper()} {path}: {fault}")


def operations(api: Api, service: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of what is tried."""
    for path, methods in api.document["paths"].items():
        if is_tried(path, service) or path in FILES:
            yield from ((path, method, operation) for method, operation in methods.items())


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The place of each member, at any depth."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in members:
        yield (*path, key)
        yield from places(inner, (*path, key))


def with_value(body: Any, place: tuple[str | int, ...], value: object) -> Any:
    """A copy of `body` with another value at a place."""
    copy = json.loads(json.dumps(body))
    target = copy
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    return copy


@pytest.fixture(params=SERVICES)
def sender(request: pytest.FixtureRequest, apis: dict[str, Api]) -> Iterator[tuple[str, Sender]]:
    sender = Sender(apis[request.param])
    yield request.param, sender
    print(f"\n{request.node.name}: {sender.seen.total()} requests, {dict(sorted(sender.seen.items()))}")
    assert not sender.faults, "\n\n".join(sender.faults)
    assert sender.seen.total() > 5


def test_hostile_parameters(sender: tuple[str, Sender]) -> None:
    service, send = sender
    for path, method, operation in operations(send.api, service):
        body = body_of(send, operation)
        for parameter in operation["parameters"]:
            place, name = parameter.get("in"), parameter.get("name")
            if place in ("query", "path"):
                for value in some(hostile.IN_ADDRESS):
                    if place == "path" and value == "":
                        continue  # an address without it is another route's
                    where = "query" if place == "query" else "path_values"
                    send.judge(path, method, body=body, **{where: {name: value}})
        send.judge(path, method, *range(400, 500), body=body, query={"unknown": "1"})


def test_hostile_members_of_bodies(sender: tuple[str, Sender]) -> None:
    service, send = sender
    for path, method, operation in operations(send.api, service):
        body = body_of(send, operation)
        for place in places(body):
            for value in some(hostile.IN_JSON):
                send.judge(path, method, body=with_value(body, place, value))
        if body is not None:
            send.judge(path, method, *range(400, 500), body={**body, "unknown": 1})
        if "requestBody" in operation:
            for media_type, raw in some(hostile.BODIES):
                send.judge(path, method, *range(400, 500), raw=raw, media_type=media_type)


def test_hostile_headers(sender: tuple[str, Sender]) -> None:
    service, send = sender
    for path, method, operation in operations(send.api, service):
        for name, value in some(hostile.HEADERS):
            send.judge(path, method, body=body_of(send, operation), headers={name: value})


def test_no_forged_token_opens_anything(sender: tuple[str, Sender]) -> None:
    service, send = sender
    forged = hostile.tokens(send.api.token("province"))
    for path, method, operation in operations(send.api, service):
        if operation.get("security") == []:
            continue
        for token in some(forged):
            send.judge(path, method, 400, 401, 431, headers={"Authorization": token})


def body_of(send: Sender, operation: dict[str, Any]) -> Any:
    """A body that conforms, or None where there is none, or a file."""
    [content, *_] = operation.get("requestBody", {"content": {"": {}}})["content"].values()
    return send.good("body", content["schema"]) if "schema" in content else None
