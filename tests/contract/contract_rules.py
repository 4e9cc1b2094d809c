"""The rules that hold publishers and consumers together; each returns the faults it finds, as sentences."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import typing
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from jsonschema import Draft202012Validator, FormatChecker
from marshmallow import EXCLUDE, Schema, ValidationError

from chassis.messaging.envelope import Envelope, MalformedEvent
from chassis.messaging.inbox import Subscription

JsonObject: TypeAlias = dict[str, Any]  # Any: JSON's values

PROJECT = Path(__file__).parents[2]
SERVICES = ("registry", "training", "notifications", "reporting")
PERSONAL = re.compile(r"id_number|id_card|phone|mobile|e?mail", re.IGNORECASE)
JSON_TYPES = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    date: "string",
    list: "array",
    dict: "object",
}


def published(service: str) -> dict[str, type]:
    """The event classes of a service, by type."""
    module = importlib.import_module(f"{service}.events")
    classes = [found for found in vars(module).values() if isinstance(found, type) and dataclasses.is_dataclass(found)]
    return {kind: found for found in classes if (kind := getattr(found, "type", None))}


def contract(service: str, kind: str) -> tuple[JsonObject, JsonObject]:
    """The JSON Schema of a type and its example."""
    folder = PROJECT / "services" / service / "contracts"
    return json.loads((folder / f"{kind}.json").read_text()), json.loads((folder / f"{kind}.example.json").read_text())


def subscriptions(service: str) -> list[Subscription]:
    """What a service's worker is subscribed to."""
    worker = importlib.import_module(f"{service}.worker").Worker
    return [found.subscription for found in vars(worker).values() if hasattr(found, "subscription")]


def class_fits_schema(event: type, schema: JsonObject) -> list[str]:
    faults = []
    fields = {field.name: field for field in dataclasses.fields(event)}
    if fields.keys() != schema["properties"].keys():
        faults.append(f"fields {sorted(fields)} are not the schema's {sorted(schema['properties'])}")
    hints = typing.get_type_hints(event)
    for name in fields.keys() & schema["properties"].keys():
        declared = schema["properties"][name].get("type")
        allowed = set(declared) if isinstance(declared, list) else {declared}
        if not _json_types(hints[name]) <= allowed | ({"integer"} if "number" in allowed else set()):
            faults.append(f"{name} is {hints[name]} in the class and {declared} in the schema")
    return faults


def example_fits_schema(kind: str, example: JsonObject, schema: JsonObject) -> list[str]:
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    faults = [error.message for error in validator.iter_errors(example["data"])]
    try:
        envelope = Envelope.from_dict(example)
    except MalformedEvent as fault:
        return [*faults, f"not an event: {fault}"]
    if envelope.type != kind:
        faults.append(f"the example is a {envelope.type}, not a {kind}")
    return faults


def consumer_reads(schema: type[Schema], contract_schema: JsonObject, example: JsonObject) -> list[str]:
    """The consumer must read the example, and the example without the fields that are optional."""
    required = set(contract_schema["required"])
    least = {name: value for name, value in example["data"].items() if name in required}
    faults = []
    for what, data in (("the example", example["data"]), ("the example without its optional fields", least)):
        try:
            schema().load(data, unknown=EXCLUDE)
        except ValidationError as fault:
            faults.append(f"{schema.__name__} can't read {what}: {fault.messages}")
    return faults


def bindings_fit(service: str, definitions: JsonObject, types: set[str], owners: dict[str, str]) -> list[str]:
    """Each aggregate subscribed to is bound to the inbox, and nothing is bound that nobody publishes or applies."""
    bound = {
        (binding["source"], binding["routing_key"])
        for binding in definitions["bindings"]
        if binding["destination"] == f"{service}.inbox"
    }
    wanted = {(f"{owners[kind]}.events", f"{kind.partition('.')[0]}.#") for kind in types if kind in owners}
    existing = {(f"{owner}.events", f"{kind.partition('.')[0]}.#") for kind, owner in owners.items()}
    return [
        *(f"{kind} is subscribed to and nobody publishes it" for kind in sorted(types - owners.keys())),
        *(f"{source} {key} is not bound to {service}.inbox" for source, key in sorted(wanted - bound)),
        *(
            f"{source} {key} is bound to {service}.inbox and nobody publishes it"
            for source, key in sorted(bound - existing)
        ),
        *(
            f"{source} {key} is bound to {service}.inbox and no handler applies it"
            for source, key in sorted(bound & existing - wanted)
        ),
    ]


def only_gains_optional_fields(released: JsonObject, present: JsonObject) -> list[str]:
    """Within v1 only optional fields are added."""
    faults = [f"{name} was removed" for name in released["properties"] if name not in present["properties"]]
    faults += [f"{name} is newly required" for name in present["required"] if name not in released["required"]]
    faults += [f"{name} is no longer required" for name in released["required"] if name not in present["required"]]
    for name, before in released["properties"].items():
        now = present["properties"].get(name, before)
        faults += [f"{name} changed its {key}" for key in ("type", "format", "enum") if before.get(key) != now.get(key)]
    return faults


def personal_fields(schema: JsonObject) -> list[str]:
    return [f"{name} looks personal" for name in schema["properties"] if PERSONAL.search(name)]


def _json_types(hint: Any) -> set[str]:  # Any: a type, or what typing has made of one
    arguments = typing.get_args(hint)
    if type(None) in arguments:
        return {"null"}.union(*(_json_types(argument) for argument in arguments if argument is not type(None)))
    return {JSON_TYPES[typing.get_origin(hint) or hint]}


def dangling(document: JsonObject) -> list[str]:
    """The references in a JSON document that lead nowhere in it."""
    found: list[str] = []

    def leads_somewhere(reference: str) -> bool:
        place: object = document
        for name in reference.removeprefix("#/").split("/"):
            if not isinstance(place, dict) or name not in place:
                return False
            place = place[name]
        return True

    def look(value: object) -> None:
        if isinstance(value, dict):
            if "$ref" in value and not leads_somewhere(value["$ref"]):
                found.append(value["$ref"])
            for member in value.values():
                look(member)
        elif isinstance(value, list):
            for member in value:
                look(member)

    look(document)
    return found
