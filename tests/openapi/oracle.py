"""What an API's document says of a request that was sent, and whether the answer agrees with that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from jsonschema import Draft202012Validator, FormatChecker

PROBLEM = "application/problem+json"


class Oracle:
    """Judges requests and answers by an OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.checker = FormatChecker(formats=["date", "uuid"])

    def judge(self, path: str, method: str, answer: Any) -> None:  # Any: requests' answer, or schemathesis's of that
        """AssertionError where the answer is 5xx, no problem, or a success for what the document forbids."""
        operation = self.document["paths"][path][method.lower()]
        status, sent = answer.status_code, answer.request
        told = f"{sent.method} {sent.url} {sent.body!r:.500}\n{status} {answer.text:.500}"
        assert status < 500 or path == "/health/ready", told
        if status >= 400:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            assert PROBLEM in headers["content-type"], told
            problem = answer.json()
            assert problem["status"] == status and problem["detail"], told
            return
        assert str(status) in operation["responses"], f"{told}\nnot declared"
        faults = list(self.faults(path, operation, sent))
        assert not faults, f"{told}\nand yet {faults}"

    def faults(self, path: str, operation: dict[str, Any], sent: requests.PreparedRequest) -> Iterator[str]:
        """What in a request the document forbids."""
        parts = urlsplit(sent.url or "")
        given: dict[str, list[str]] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            given.setdefault(name, []).append(value)
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]*)", path)
        found = re.fullmatch(pattern, parts.path)
        in_path = {name: unquote(value) for name, value in found.groupdict().items()} if found else {}
        known = set()
        for parameter in self._parameters(operation):
            name, place, schema = parameter["name"], parameter["in"], parameter["schema"]
            if place == "query":
                known.add(name)
                values: list[str] | None = given.get(name)
            elif place == "path":
                values = [in_path[name]] if name in in_path else None
            else:
                value = sent.headers.get(name)
                values = None if value is None else [_text(value)]
            if values is None:
                if parameter.get("required"):
                    yield f"{name} is missing"
                continue
            yield from self._text_faults(name, schema, values)
        yield from (f"{name} is unknown" for name in given if name not in known)
        if "requestBody" in operation:
            yield from self._body_faults(operation["requestBody"], sent)

    def _parameters(self, operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for parameter in operation["parameters"]:
            reference = parameter.get("$ref")
            yield self.document["components"]["parameters"][reference.rpartition("/")[2]] if reference else parameter

    def _text_faults(self, name: str, schema: dict[str, Any], values: list[str]) -> Iterator[str]:
        if schema.get("type") == "array":
            yield from self._schema_faults(name, schema, [_value(schema["items"], value) for value in values])
        elif len(values) > 1:
            yield f"{name} is given more than once"
        else:
            yield from self._schema_faults(name, schema, _value(schema, values[0]))

    def _body_faults(self, declared: dict[str, Any], sent: requests.PreparedRequest) -> Iterator[str]:
        content = declared["content"].get(_text(sent.headers.get("Content-Type", "")).partition(";")[0].strip())
        if content is None:
            yield "another media type"
        elif "schema" in content:
            raw = sent.body if isinstance(sent.body, bytes) else str(sent.body or "").encode()
            try:
                value = json.loads(raw)
            except ValueError:
                yield "the body is not JSON"
                return
            yield from self._schema_faults("body", content["schema"], value)

    def _schema_faults(self, name: str, schema: dict[str, Any], value: object) -> Iterator[str]:
        whole = {**schema, "components": self.document["components"]}
        for fault in Draft202012Validator(whole, format_checker=self.checker).iter_errors(value):
            yield f"{name}: {fault.message:.200}"


def _text(header: str | bytes) -> str:
    return header if isinstance(header, str) else header.decode("latin-1")


def _value(schema: dict[str, Any], text: str) -> object:
    """A text of an address, as what its schema takes it for; itself where it can't be that."""
    wanted = schema.get("type")
    if wanted == "integer" and re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    if wanted == "boolean" and text in ("true", "false"):
        return text == "true"
    return text
