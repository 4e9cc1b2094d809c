"""One delivery of a subscription: a CloudEvent, the same bytes in whichever way it came."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self

Event = dict[str, Any]  # a CloudEvent 1.0, as JSON has it


class NotADelivery(ValueError):
    """What was received is no delivery of a subscription; the message says what it lacks."""


@dataclass(frozen=True)
class Delivery:
    """An event with its number in the subscription's feed: 1, 2, 3 … with no gap, on all ways."""

    event: Event
    sequence: int
    previous: int  # the number before it; 0 before the first

    @property
    def id(self) -> str:
        """The event's id, the same each time that it comes."""
        return str(self.event["id"])

    @property
    def type(self) -> str:
        return str(self.event["type"])

    @property
    def key(self) -> str:
        """The object that it is about; of one object, events come in order."""
        return str(self.event["partitionkey"])

    @property
    def left(self) -> bool:
        """Whether the object lies outside what was granted from here on: take it out of your copy."""
        return bool(self.event.get("left"))

    @property
    def data(self) -> dict[str, Any]:
        """The event's own fields, those of them that were granted."""
        return dict(self.event.get("data") or {})

    @classmethod
    def of(cls, event: object) -> Self:
        """The delivery that `event`, read from JSON, is; NotADelivery if it is none."""
        if not isinstance(event, dict):
            raise NotADelivery("it is no JSON object")
        if missing := [name for name in ("id", "type", "feedsequence", "feedprevious") if name not in event]:
            raise NotADelivery(f"it has no {', '.join(missing)}")
        return cls(event, int(event["feedsequence"]), int(event["feedprevious"]))

    @classmethod
    def read(cls, body: bytes | str) -> Self:
        """The delivery in the body of a webhook's request, or of an AMQP message; NotADelivery if it is none."""
        try:
            return cls.of(json.loads(body))
        except ValueError as fault:  # NotADelivery is one as well
            raise NotADelivery(str(fault)) from fault
