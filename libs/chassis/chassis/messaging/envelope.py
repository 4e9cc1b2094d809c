"""The envelope in which every event travels: a structured CloudEvent 1.0 in JSON (https://cloudevents.io).

The same bytes go out on the broker and in the feed. `sequence` is the version of the event's aggregate: 1, 2, 3 … with
no gap, so a reader that keeps the last one it applied for each aggregate needs nothing else to find duplicates and
order.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, NoReturn, TypeAlias

from typing_extensions import TypeVar

JsonObject: TypeAlias = dict[str, Any]  # Any: JSON's values

CONTENT_TYPE = "application/cloudevents+json"
TEXTS = ("id", "source", "type", "subject")
OPTIONAL_TEXTS = ("division", "correlationid")
REQUIRED = frozenset((*TEXTS, "time", "sequence", "data"))
LONGEST_NAME = 300  # characters; ids, types and subjects are keys of tables
HIGHEST_SEQUENCE = 2**31 - 1  # the outbox numbers no higher; a reader can add to it without leaving 64 bits
YEARS = range(1900, 3000)  # in which an event may have happened: in every zone a time that can be reckoned with
DEEPEST = 64  # levels of JSON; what is read is written again, by code that goes down level by level


class MalformedEvent(ValueError):
    """The bytes are not a CloudEvent of ours; the message says what is wrong with them."""


DataT = TypeVar("DataT", default=Any)  # Any: the publisher's fields, as JSON has them
NewDataT = TypeVar("NewDataT")


@dataclass(frozen=True)
class Envelope(Generic[DataT]):
    """One event. `data` holds the publisher's fields; in a handler, the record of those that it reads."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    sequence: int
    data: DataT
    division: str | None = None
    correlationid: str | None = None

    @property
    def aggregate(self) -> str:
        """The aggregate's key: its kind and its id, e.g. `certificate:0199…`."""
        return f"{self.type.partition('.')[0]}:{self.subject}"

    def with_data(self, data: NewDataT) -> Envelope[NewDataT]:
        """The same event with other data: the record that a handler reads."""
        # A fifth of the time that __init__ takes, which sets each field of a frozen dataclass by a call.
        copy: Envelope[NewDataT] = object.__new__(Envelope)
        copy.__dict__.update(self.__dict__, data=data)
        return copy

    def to_dict(self) -> JsonObject:
        """The CloudEvent as it is sent."""
        return self._attributes() | {"data": self.data}

    def _attributes(self) -> JsonObject:
        event: JsonObject = {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "dataschema": f"{self.source}/contracts/{self.type}.json",
            "sequence": self.sequence,
            "partitionkey": self.aggregate,
        }
        if self.division is not None:
            event["division"] = self.division
        if self.correlationid is not None:
            event["correlationid"] = self.correlationid
        return event

    def to_bytes(self) -> bytes:
        return ENCODER.encode(self.to_dict()).encode()

    @staticmethod
    def from_bytes(raw: bytes) -> Envelope:
        """Reads what `to_bytes` wrote; raises MalformedEvent on anything else."""
        try:
            event = DECODER.decode(raw.decode())
        except (ValueError, RecursionError) as fault:
            raise MalformedEvent(f"not JSON: {fault}") from fault
        # What has no more brackets than that can't be deeper, which is said of nearly all at the cost of counting.
        if raw.count(b"[") + raw.count(b"{") > DEEPEST:
            _refuse_deep(event)
        # Only an escape can bring in what is valid JSON and no text that PostgreSQL or UTF-8 can hold.
        if b"\\u" in raw:
            _refuse_unstorable(event)
        return Envelope.from_dict(event)

    @staticmethod
    def from_dict(event: object) -> Envelope:
        """Reads a CloudEvent; raises MalformedEvent where it is not one of ours."""
        if not isinstance(event, dict):
            raise MalformedEvent("not a JSON object")
        if missing := REQUIRED - event.keys():
            raise MalformedEvent(f"lacks {', '.join(sorted(missing))}")
        sequence, data = event["sequence"], event["data"]
        if not isinstance(sequence, int) or isinstance(sequence, bool) or not 1 <= sequence <= HIGHEST_SEQUENCE:
            raise MalformedEvent(f"its sequence is {sequence!r}, not a number from 1 to {HIGHEST_SEQUENCE}")
        if not isinstance(data, dict):
            raise MalformedEvent("its data is not an object")
        texts = {name: event[name] for name in TEXTS}
        optional = {name: event[name] for name in OPTIONAL_TEXTS if event.get(name) is not None}
        for name, value in (texts | optional).items():
            if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_NAME:
                raise MalformedEvent(f"its {name} is not a text of 1 to {LONGEST_NAME} characters")
        return Envelope(**texts, **optional, time=_time(event["time"]), sequence=sequence, data=data)


class StoredEvent(Envelope):
    """An event whose `data` is JSON text, as the outbox has it: it goes out without being read and written again."""

    def to_bytes(self) -> bytes:
        # Written out, since a relay does it for each event: a quarter of the time that a dict and an encoder take.
        source, kind, subject = _in_json(self.source)[1:-1], _in_json(self.type)[1:-1], _in_json(self.subject)[1:-1]
        time = self.time.astimezone(UTC).isoformat().replace("+00:00", "Z")
        division = "" if self.division is None else f',"division":{_in_json(self.division)}'
        correlation = "" if self.correlationid is None else f',"correlationid":{_in_json(self.correlationid)}'
        return (
            f'{{"specversion":"1.0","id":{_in_json(self.id)},"source":"{source}","type":"{kind}","subject":"{subject}",'
            f'"time":"{time}","datacontenttype":"application/json","dataschema":"{source}/contracts/{kind}.json",'
            f'"sequence":{self.sequence},"partitionkey":"{kind.partition(".")[0]}:{subject}"{division}{correlation},'
            f'"data":{self.data}}}'
        ).encode()


def _time(written: object) -> datetime:
    """The instant that `written` names; raises MalformedEvent."""
    try:
        time = datetime.fromisoformat(str(written))
    except ValueError as fault:
        raise MalformedEvent(f"its time is not RFC 3339: {str(written)[:LONGEST_NAME]}") from fault
    if time.tzinfo is None:
        raise MalformedEvent(f"its time names no zone: {written}")
    if time.year not in YEARS:
        raise MalformedEvent(f"its time is not of the years {YEARS.start} to {YEARS.stop - 1}: {written}")
    return time


def _finite(digits: str) -> float:
    """The number; raises MalformedEvent for one that only infinity could stand for."""
    number = float(digits)
    if not math.isfinite(number):
        raise MalformedEvent(f"it has a number that is too large: {digits[:LONGEST_NAME]}")
    return number


def _refuse_deep(event: object) -> None:
    """Raises MalformedEvent if `event` has more than DEEPEST levels; goes level by level, not down."""
    level = [event]
    for _ in range(DEEPEST + 1):
        below: list[object] = []
        for value in level:
            if isinstance(value, dict):
                below += value.values()
            elif isinstance(value, list):
                below += value
        if not below:
            return
        level = below
    raise MalformedEvent(f"it is nested more than {DEEPEST} deep")


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedEvent(f"not JSON: {name}")


def _refuse_unstorable(value: object) -> None:
    """Raises MalformedEvent if a text anywhere in `value` has a NUL or half a surrogate pair."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise MalformedEvent("it has a text that is not valid Unicode, or has a NUL in it")
    elif isinstance(value, dict):
        for name, member in value.items():
            _refuse_unstorable(name)
            _refuse_unstorable(member)
    elif isinstance(value, list):
        for member in value:
            _refuse_unstorable(member)


_in_json = json.encoder.encode_basestring  # a text in its quotes, other letters than ASCII as they are
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
DECODER = json.JSONDecoder(
    parse_float=_finite, parse_constant=_refuse_constant
)  # NaN and Infinity are Python's, not JSON's
