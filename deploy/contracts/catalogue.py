"""Writes what is said of the events in docs/ from the services' contracts and the broker's topology: the catalogue
events.md, the AsyncAPI document asyncapi.json, and the table in architecture.md; and what notifications tells others
of the events that they may subscribe to.

    python deploy/contracts/catalogue.py
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from asyncapi import Document, document, is_private

PROJECT = Path(__file__).parents[2]
CATALOGUE = PROJECT / "docs" / "events.md"
ARCHITECTURE = PROJECT / "docs" / "architecture.md"
ASYNCAPI = PROJECT / "docs" / "asyncapi.json"
TO_SUBSCRIBE = PROJECT / "services/notifications/notifications/adapters/contracts.json"
TABLE_HEAD = "| event | published by | read by |\n|---|---|---|\n"
HEAD = """# The events

Made by `python deploy/contracts/catalogue.py` from the services' `contracts/` and `deploy/rabbitmq/definitions.json`.
The envelope, and what a reader may rely on, are in [subscribers.md](subscribers.md).
"""


def readers() -> dict[str, list[str]]:
    """For each kind of object, the services that read it."""
    found: dict[str, list[str]] = defaultdict(list)
    for binding in json.loads((PROJECT / "deploy/rabbitmq/definitions.json").read_text())["bindings"]:
        if binding["source"].endswith(".events"):
            found[binding["routing_key"].partition(".")[0]].append(binding["destination"].partition(".")[0])
    return found


def contracts() -> Iterator[tuple[str, str, Document, str]]:
    """Each event: its publisher, its name, its schema, and who reads it."""
    read_by = readers()
    for path in sorted(PROJECT.glob("services/*/contracts/*.v[0-9].json")):
        kind = path.stem
        who = ", ".join(read_by.get(kind.partition(".")[0], [])) or "subscribers only"
        yield path.parts[-3], kind, json.loads(path.read_text()), who


def architecture() -> str:
    """docs/architecture.md with the table of events as it now is."""
    rows = "".join(f"| `{kind}` | {service} | {who} |\n" for service, kind, _, who in contracts())
    table = re.escape(TABLE_HEAD) + r"(\|.*\n)*"
    return re.sub(table, lambda _: TABLE_HEAD + rows, ARCHITECTURE.read_text())


def asyncapi() -> str:
    """docs/asyncapi.json."""
    found = []
    for service, kind, schema, _ in contracts():
        example = (PROJECT / "services" / service / "contracts" / f"{kind}.example.json").read_text()
        found.append((service, kind, schema, json.loads(example)))
    return document(found)


def catalogue() -> str:
    """docs/events.md."""
    parts = [HEAD]
    for service, events in groupby(contracts(), key=lambda contract: contract[0]):
        parts.append(f"\n## {service}\n")
        for _, kind, schema, who in events:
            parts.append(f"\n### {kind}\n\n{schema['description']} Read by: {who}.\n\n| field | | |\n|---|---|---|\n")
            for name, field in schema["properties"].items():
                optional = "" if name in schema["required"] else ", optional"
                kinds = field.get("type", "")
                shown = " or ".join(kinds) if isinstance(kinds, list) else kinds
                parts.append(
                    f"| `{name}` | {field.get('format', shown)}{optional} | {field.get('description', '')} |\n"
                )
    return "".join(parts)


def to_subscribe() -> str:
    """The contracts that notifications keeps of its own: of all that is for others than the four services."""
    found = []
    for service, kind, schema, _ in contracts():
        if is_private(kind):
            continue
        example = (PROJECT / "services" / service / "contracts" / f"{kind}.example.json").read_text()
        found.append(
            {
                "type": kind,
                "publisher": service,
                "description": schema["description"],
                "schema": schema,
                "example": json.loads(example),
            }
        )
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    CATALOGUE.write_text(catalogue())
    ARCHITECTURE.write_text(architecture())
    ASYNCAPI.write_text(asyncapi())
    TO_SUBSCRIBE.write_text(to_subscribe())
