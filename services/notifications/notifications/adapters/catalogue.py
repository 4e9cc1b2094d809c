"""The events that may be subscribed to: copies of their contracts, made by deploy/contracts/catalogue.py."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "contracts.json"


@dataclass(frozen=True)
class EventType:
    """A type of event. `schema` is the JSON Schema of its data, `example` a CloudEvent as its publisher has it."""

    type: str
    publisher: str
    description: str
    schema: dict[str, Any]  # Any: JSON's values
    example: dict[str, Any]  # Any: the same

    @property
    def fields(self) -> list[str]:
        """The fields of its data."""
        return list(self.schema["properties"])


@functools.cache
def catalogue() -> Mapping[str, EventType]:
    """All that may be subscribed to, by type."""
    return {each["type"]: EventType(**each) for each in json.loads(FILE.read_text())}


@functools.cache
def kinds_of(publisher: str) -> frozenset[str]:
    """The kinds of aggregate that a service publishes events of."""
    return frozenset(each.type.partition(".")[0] for each in catalogue().values() if each.publisher == publisher)
