"""What a handler may be declared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

import pytest
from marshmallow import Schema, ValidationError

from chassis.messaging import subscribe
from chassis.messaging.inbox.records import RecordReader


@dataclass(frozen=True)
class Read:
    """What a handler reads."""

    number: int
    note: str | None = None


@dataclass
class Changeable:
    """What could be changed on its way through a handler."""

    number: int


def handler(self: object, session: object, event: object) -> None:
    """Does nothing."""


def test_a_subscription_names_its_types_and_its_record() -> None:
    declared = subscribe("thing.changed.v1", "lot.changed.v1", Read)(handler).subscription  # type: ignore[attr-defined]

    assert (declared.types, declared.record, declared.batch) == (("thing.changed.v1", "lot.changed.v1"), Read, False)
    assert declared.schema().load({"number": 1, "colour": "red"}) == Read(1, None)


@pytest.mark.parametrize("value", ["1", 1.5, None])
def test_a_number_is_not_read_from_anything_else(value: object) -> None:
    declared = subscribe("thing.changed.v1", Read)(handler).subscription  # type: ignore[attr-defined]

    with pytest.raises(ValidationError):
        declared.schema().load({"number": value})


@pytest.mark.parametrize(
    "arguments", [(), ("thing.changed.v1",), (Read,), (Read, "thing.changed.v1"), ("a", Read, Read)]
)
def test_the_types_come_first_and_the_record_last(arguments: tuple[str | type, ...]) -> None:
    with pytest.raises(TypeError, match="name one or more event types"):
        subscribe(*arguments)


@pytest.mark.parametrize("record", [Changeable, dict, Schema])
def test_a_record_is_a_frozen_dataclass(record: type) -> None:
    with pytest.raises(TypeError, match="is not a frozen dataclass"):
        subscribe("thing.changed.v1", record)


class Colour(StrEnum):
    """A field with a type of its own."""

    RED = "red"


@dataclass(frozen=True)
class Everything:
    """Fields of each type that the services' records have."""

    number: int
    name: str
    is_new: bool
    hours: float
    day: date
    colour: Colour
    at: datetime | None = None
    note: str | None = None
    kinds: list[str] = field(default_factory=list)
    inner: Read | None = None


GOOD = {
    "number": 1,
    "name": "名称",
    "is_new": True,
    "hours": 1.5,
    "day": "2026-03-02",
    "colour": "RED",
    "at": "2026-03-02T10:00:00+08:00",
    "note": None,
    "kinds": ["a"],
    "inner": {"number": 2, "unknown": 3},
    "unknown": {"to": "this reader"},
}
VALUES = (None, True, False, 0, 7, -1.5, "", "x", "2026-03-02", "RED", "true", [], ["a", 1], {}, {"number": 1})


def read_by(read: Callable[[list[dict[str, object]]], object], data: dict[str, object]) -> object:
    try:
        return read([data])
    except ValidationError as fault:
        return fault.messages


def test_records_are_what_the_schema_makes_of_the_same_data_and_so_is_what_is_wrong() -> None:
    schema = subscribe("thing.changed.v1", Everything)(handler).subscription.schema()  # type: ignore[attr-defined]
    fast = RecordReader(Everything, schema)
    tried = [GOOD, {}]
    for name in GOOD:
        tried += [{**GOOD, name: value} for value in VALUES]
        tried.append({other: value for other, value in GOOD.items() if other != name})
    for data in tried:
        found, expected = read_by(fast.read, data), read_by(lambda each: schema.load(each, many=True), data)

        assert repr(found) == repr(expected), data
    assert isinstance(read_by(fast.read, GOOD), list)
