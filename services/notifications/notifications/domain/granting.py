"""What a subscription is given of an event: the granted fields, with ids of its own for people.

An id that belongs to a person's affairs (the person, a certificate, an appointment, the event itself) is replaced by a
pseudonym that a key of the subscription makes. It is the same in all that this subscription is given, so its records
still fit together, and another in every other subscription's, so that two subscribers can't find out by ids whom they
both know. Ids of enterprises, classes and the like are public and stay.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

LEFT = "aggregate.left.v1"
# Kinds of aggregate whose ids say nothing of a person, and the fields that hold such ids.
OF_NOBODY = frozenset(("campaign", "class", "division", "enterprise", "practice", "rollout_plan", "target"))
IDS_OF_NOBODY = frozenset(
    (
        "asking_enterprise_id",
        "campaign_id",
        "class_id",
        "enterprise_id",
        "plan_id",
        "practice_id",
        "successor_id",
        "target_id",
    )
)
OTHER_IDS = frozenset(("replaced_by",))  # of which the name does not end in _id
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Told(NamedTuple):
    """An event as one subscription is given it, but for its place in the subscription's feed."""

    event_id: str
    source: str
    type: str
    subject: str
    partitionkey: str
    occurred_at: datetime
    attributes: dict[str, Any]  # Any: JSON's values
    data: dict[str, Any]  # Any: JSON's values
    left: bool

    def body(self, sequence: int) -> str:
        """The CloudEvent as it goes out, on each of the three ways."""
        place = {"feedsequence": sequence, "feedprevious": sequence - 1}
        left = {"left": True} if self.left else {}
        return ENCODER.encode(self.attributes | place | left | {"data": self.data})


class PublicEvent(NamedTuple):
    """An event as the inbox took it, or this service announced it."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    sequence: int
    division: str | None
    data: Mapping[str, Any]  # Any: JSON's values

    @property
    def kind(self) -> str:
        return self.type.partition(".")[0]

    @property
    def aggregate(self) -> str:
        return f"{self.kind}:{self.subject}"


@dataclass(frozen=True)
class Grant:
    """What a subscription is granted now. `codes`: those of its division and of all below; None is the province."""

    subscription_id: str
    fields: Mapping[str, list[str]]
    kinds: frozenset[str]
    codes: frozenset[str] | None
    key: bytes

    def told(self, event: PublicEvent, places: Mapping[str, str | None]) -> Told | None:
        """What is to be told of `event`, if anything. `places`: where aggregates were at their event before.

        What has come to lie outside the division is told as gone, once, and nothing of what happened to it there.
        """
        if event.kind not in self.kinds:
            return None
        if self._is_within(event.division):
            return self._whole(event) if event.type in self.fields else None
        if event.aggregate in places and self._is_within(places[event.aggregate]):
            return self._gone(event)
        return None

    def _is_within(self, division: str | None) -> bool:
        # What belongs to no division belongs to all.
        return division is None or self.codes is None or division in self.codes

    def _whole(self, event: PublicEvent) -> Told:
        contract = f"{event.source}/contracts/{event.type}.json"
        attributes = self._attributes(event, event.source, event.type) | {"dataschema": contract}
        if event.division is not None:
            attributes["division"] = event.division
        data = {name: self._value(name, event.data) for name in self.fields[event.type] if name in event.data}
        return self._made(event, attributes, data, left=False)

    def _gone(self, event: PublicEvent) -> Told:
        return self._made(event, self._attributes(event, "/notifications", LEFT), {}, left=True)

    def _made(
        self,
        event: PublicEvent,
        attributes: dict[str, Any],  # Any: JSON's values
        data: dict[str, Any],  # Any: JSON's values
        left: bool,
    ) -> Told:
        return Told(
            event_id=attributes["id"],
            source=attributes["source"],
            type=attributes["type"],
            subject=attributes["subject"],
            partitionkey=attributes["partitionkey"],
            occurred_at=event.time,
            attributes=attributes,
            data=data,
            left=left,
        )

    def _attributes(self, event: PublicEvent, source: str, kind: str) -> dict[str, Any]:  # Any: JSON's values
        subject = event.subject if event.kind in OF_NOBODY else self.pseudonym(event.subject)
        return {
            "specversion": "1.0",
            "id": self.pseudonym(event.id),
            "source": source,
            "type": kind,
            "subject": subject,
            # To the second: by finer times two subscribers could find the same event in what each of them has.
            "time": f"{event.time:%Y-%m-%dT%H:%M:%SZ}",
            "datacontenttype": "application/json",
            "sequence": event.sequence,
            "partitionkey": f"{event.kind}:{subject}",
        }

    def _value(self, name: str, data: Mapping[str, Any]) -> Any:  # Any: JSON's values
        value = data[name]
        if isinstance(value, str) and is_pseudonymous(name, data):
            return self.pseudonym(value)
        return value

    def pseudonym(self, value: str) -> str:
        """The id by which this subscription knows what has the id `value`: a UUID of version 8."""
        digits = hmac.digest(self.key, value.encode(), "sha256").hex()
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def is_pseudonymous(name: str, data: Mapping[str, Any]) -> bool:  # Any: JSON's values
    """Whether the field `name` holds an id that subscribers are given a pseudonym for."""
    if name == "recipient_id":
        return bool(data.get("recipient_kind") == "person")  # else an enterprise's id or a division's code
    return (name.endswith("_id") and name not in IDS_OF_NOBODY) or name in OTHER_IDS
