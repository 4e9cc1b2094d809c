"""Rows are dumped as marshmallow dumps them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import pytest
from marshmallow import fields, post_dump

from chassis.http import Schema
from chassis.http.dumping import dump


class Level(StrEnum):
    HIGH = "high"


class Inner(Schema):
    name = fields.String()


class Plain(Schema):
    id = fields.String(required=True)
    level = fields.String()
    number = fields.Integer(allow_none=True)
    flag = fields.Boolean()
    on = fields.Date(data_key="since")
    other = fields.String(attribute="source")
    secret = fields.String(load_only=True)
    inner = fields.List(fields.Nested(Inner))


class WithDefault(Schema):
    name = fields.String(dump_default="none")


class WithHook(Schema):
    name = fields.String()

    @post_dump
    def shout(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        return {name: value.upper() for name, value in data.items()}


class Dotted(Schema):
    name = fields.String(attribute="inner.name")


class Computed(Schema):
    name = fields.Function(lambda row: row["id"] * 2)


ROW: dict[str, Any] = {
    "id": 7,
    "level": Level.HIGH,
    "number": None,
    "flag": True,
    "on": date(2026, 3, 2),
    "source": "x",
    "secret": "s",
    "unknown": 1,
    "inner": [{"name": "n"}, SimpleNamespace(name="m")],
}


@pytest.mark.parametrize("schema", [Plain(), WithDefault(), WithHook(), Computed()], ids=lambda it: type(it).__name__)
@pytest.mark.parametrize("row", [{"id": "1"}, {"id": "1", "name": "n"}], ids=["few fields", "more fields"])
def test_a_row_is_dumped_as_by_the_schema(schema: Schema, row: dict[str, Any]) -> None:
    assert dump(schema, row) == schema.dump(row)
    assert dump(schema, [row, row], many=True) == schema.dump([row, row], many=True)


@pytest.mark.parametrize("answer", [ROW, SimpleNamespace(**ROW)], ids=["a row", "an object"])
def test_every_kind_of_field_is_dumped_as_by_the_schema(answer: object) -> None:
    assert dump(Plain(), answer) == Plain().dump(answer)
    assert dump(Plain(many=True), [answer, ROW]) == Plain(many=True).dump([answer, ROW])


def test_a_value_within_another_is_found() -> None:
    row = {"inner": {"name": "n"}}

    assert dump(Dotted(), row) == Dotted().dump(row) == {"name": "n"}
