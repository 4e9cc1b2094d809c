"""What a handler may be declared with."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from marshmallow import Schema, ValidationError

from chassis.messaging import subscribe


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
