"""Bodies of requests that conform to a document and name a side's objects, or another side's among them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from matrix_world import Side

# Members of bodies whose schema does not say what they have to be.
MEMBERS: dict[str, Any] = {
    "industry": "C36",
    "phone": None,
    "email": None,
    "content": "JVBERi0xLjcKMSAwIG9iago8PD4+CmVuZG9iagp0cmFpbGVyCjw8Pj4KJSVFT0YK",
    "block": "cqo_system",
    "accept": False,  # nobody has said yes, so nobody's contact points are disclosed
    "events": {"certificate.issued.v1": ["number"]},
    "contact_email": "a@b.example",
    "url": "https://oapi.dingtalk.com/robot/send?access_token=0",
    "days_off": ["2027-01-01"],
    "days_worked": ["2027-01-09"],
}
# Members without which a body is refused, though its schema can't say so.
WANTED = {
    "Correction": ("scores",),
    "Attendance": ("block",),
    "ContactAnswer": ("document",),
    "CorrectionDecision": ("answer",),
}
# Names that bodies have for an object which addresses call otherwise.
ALIASES = {"successor_id": "enterprise_id"}


class Bodies:
    """Makes bodies by the schemas of a document; 甲 is `own`."""

    def __init__(self, document: dict[str, Any], own: Side) -> None:
        self.document, self.own = document, own

    def foreign(self, operation: dict[str, Any], side: Side) -> Iterator[Any]:
        """A body all about a foreign side, and 甲's own with each one member that names what is foreign."""
        [content, *_] = operation.get("requestBody", {}).get("content", {"": {}}).values()
        if "schema" not in content:
            return
        own, foreign = (self.good("", content["schema"], each) for each in (self.own, side))
        if own == foreign:
            return
        yield foreign
        for place in _differences(own, foreign):
            yield _replaced(own, foreign, place)

    def good(self, name: str, schema: dict[str, Any], side: Side) -> Any:
        """What conforms to a schema and names a side's objects; members that may be left out are there if they do."""
        reference = schema.get("$ref", "").rpartition("/")[2]
        schema = self.document["components"]["schemas"][reference] if reference else schema
        known = side.known.get(ALIASES.get(name, name))
        if known is not None:
            return known
        if name in MEMBERS:
            return MEMBERS[name]
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type", "string")
        match kind if isinstance(kind, str) else kind[0]:
            case "object":
                return self.members(schema, side, WANTED.get(reference, ()))
            case "array":
                return [self.good(name, schema["items"], side)]
            case "integer" | "number":
                return max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0), 1)
            case "boolean":
                return True
        if schema.get("format") in ("date", "date-time"):
            return "2026-03-02" if schema["format"] == "date" else "2026-03-01T00:00:00Z"
        return "示例文字"

    def members(self, schema: dict[str, Any], side: Side, wanted: tuple[str, ...]) -> dict[str, Any]:
        """Those that are required or wanted, and those that name objects; the first, where there are none of these."""
        names = {*schema.get("required", ()), *wanted}
        found = schema.get("properties", {})
        given = [name for name in found if name in names or ALIASES.get(name, name) in side.known]
        return {name: self.good(name, found[name], side) for name in given or [*found][:1]}


def _differences(own: Any, foreign: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places at which two bodies of one schema name other objects."""
    if isinstance(own, dict):
        for name in own:
            yield from _differences(own[name], foreign[name], (*place, name))
    elif isinstance(own, list):
        for number, (mine, theirs) in enumerate(zip(own, foreign, strict=True)):
            yield from _differences(mine, theirs, (*place, number))
    elif own != foreign:
        yield place


def _replaced(own: Any, foreign: Any, place: tuple[Any, ...]) -> Any:
    copy = json.loads(json.dumps(own))
    target, value = copy, foreign
    for step in place[:-1]:
        target, value = target[step], value[step]
    target[place[-1]] = value[place[-1]]
    return copy
