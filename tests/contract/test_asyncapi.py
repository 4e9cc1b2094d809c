"""docs/asyncapi.json is a document of AsyncAPI 3, holds together, and shows what is public and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import contract_rules as rules
import pytest
from jsonschema import Draft7Validator, Draft202012Validator

TYPES = {kind for service in rules.SERVICES for kind in rules.published(service)}
# The JSON Schema of AsyncAPI 3.0.0 as its authors publish it (@asyncapi/specs 6.11.1, schemas/3.0.0.json, Apache-2.0),
# without the white space. Their parser takes it too, and adds rules of style.
ASYNCAPI_3 = Draft7Validator(json.loads(Path(__file__).with_name("asyncapi-3.0.0.schema.json").read_text()))


@pytest.fixture
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((rules.PROJECT / "docs/asyncapi.json").read_text())
    return found


def test_it_is_one_by_the_schema_of_asyncapi_3(document: dict[str, Any]) -> None:
    assert [fault.message for fault in ASYNCAPI_3.iter_errors(document)] == []


def test_it_holds_together_and_its_examples_fit(document: dict[str, Any]) -> None:
    assert rules.dangling(document) == []
    assert rules.dangling({"channels": {}, "a": {"$ref": "#/channels/nowhere"}}) == ["#/channels/nowhere"]
    assert document["operations"].keys() == document["channels"].keys() == {"queue", "webhook", "feed"}
    messages = document["components"]["messages"]
    private = {kind for kind in TYPES if kind.partition(".")[0].endswith(("contact", "_audit"))}
    assert messages.keys() == TYPES - private | {"aggregate.left.v1"}
    assert messages.keys().isdisjoint(private) and private
    for channel in document["channels"].values():
        assert channel["messages"].keys() == messages.keys()
    for message in messages.values():
        Draft202012Validator(message["payload"]).validate(message["examples"][0]["payload"])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document.pop("info"),
        lambda document: document.update(channel={}),
        lambda document: document["servers"]["broker"].pop("protocol"),
        lambda document: document["operations"]["feed"].update(action="publish"),
        lambda document: document["channels"]["queue"]["bindings"]["amqp"].update({"is": "stack"}),
        lambda document: document["components"]["securitySchemes"]["token"].update(type="password"),
    ],
)
def test_what_is_no_asyncapi_document_is_found(
    document: dict[str, Any], spoil: Callable[[dict[str, Any]], object]
) -> None:
    spoil(document)

    assert not ASYNCAPI_3.is_valid(document)
