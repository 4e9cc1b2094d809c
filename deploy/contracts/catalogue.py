"""Writes docs/events.md, the catalogue of events, from the services' contracts and the broker's topology.

    python deploy/contracts/catalogue.py
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

PROJECT = Path(__file__).parents[2]
CATALOGUE = PROJECT / "docs" / "events.md"
HEAD = """# The events

Made by `python deploy/contracts/catalogue.py` from the services' `contracts/` and `deploy/rabbitmq/definitions.json`. The envelope, and what
a reader may rely on, are in [subscribers.md](subscribers.md).
"""


def readers() -> dict[str, list[str]]:
    """For each kind of object, the services that read it."""
    found: dict[str, list[str]] = defaultdict(list)
    for binding in json.loads((PROJECT / "deploy/rabbitmq/definitions.json").read_text())["bindings"]:
        if binding["source"].endswith(".events"):
            found[binding["routing_key"].partition(".")[0]].append(binding["destination"].partition(".")[0])
    return found


def catalogue() -> str:
    """The page."""
    read_by = readers()
    parts = [HEAD]
    for folder in sorted(PROJECT.glob("services/*/contracts")):
        service = folder.parent.name
        parts.append(f"\n## {service}\n")
        for path in sorted(folder.glob("*.v[0-9].json")):
            kind, schema = path.stem, json.loads(path.read_text())
            who = ", ".join(read_by.get(kind.partition(".")[0], [])) or "subscribers only"
            parts.append(f"\n### {kind}\n\n{schema['description']} Read by: {who}.\n\n| field | | |\n|---|---|---|\n")
            for name, field in schema["properties"].items():
                optional = "" if name in schema["required"] else ", optional"
                kinds = field.get("type", "")
                shown = " or ".join(kinds) if isinstance(kinds, list) else kinds
                parts.append(f"| `{name}` | {field.get('format', shown)}{optional} | {field.get('description', '')} |\n")
    return "".join(parts)


if __name__ == "__main__":
    CATALOGUE.write_text(catalogue())
