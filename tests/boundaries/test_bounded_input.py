"""Whatever a route of the four services takes from outside is bounded: each text, each day, each instant."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator

import pytest
from marshmallow import Schema, fields

from chassis.http import DayField, HttpEntrypoint, InstantField, TextField

SERVICES = ("registry", "training", "notifications", "reporting")
UNBOUNDED = (fields.String, fields.Date, fields.DateTime, fields.Time, fields.Raw)
BOUNDED = (TextField, DayField, InstantField, fields.UUID)
# The schemas of the messaging package take texts with a length of their own.
ELSEWHERE = ("chassis.messaging",)


def routes_of(service: str) -> Iterator[HttpEntrypoint]:
    api = importlib.import_module(f"{service}.api").Api
    for _, function in inspect.getmembers(api, inspect.isfunction):
        for entrypoint in getattr(function, "nameko_entrypoints", ()):
            if isinstance(entrypoint, HttpEntrypoint):
                yield entrypoint


def taken_by(schema: Schema, place: str) -> Iterator[tuple[str, fields.Field]]:
    for name, field in schema.load_fields.items():
        yield from inside(field, f"{place}.{name}")


def inside(field: fields.Field, place: str) -> Iterator[tuple[str, fields.Field]]:
    if isinstance(field, fields.Nested):
        yield from taken_by(field.schema, place)
    elif isinstance(field, fields.List):
        yield from inside(field.inner, place)
    elif isinstance(field, fields.Dict):
        for part in filter(None, (field.key_field, field.value_field)):
            yield from inside(part, place)
    else:
        yield place, field


def is_bounded(field: fields.Field) -> bool:
    if not isinstance(field, UNBOUNDED) or isinstance(field, BOUNDED):
        return True
    return any(type(check).__name__ == "OneOf" for check in field.validators)


@pytest.mark.parametrize("service", SERVICES)
def test_every_text_and_day_that_a_route_takes_is_of_a_bounded_type(service: str) -> None:
    api = importlib.import_module(f"{service}.api").Api
    schemas = [schema for route in routes_of(service) for schema in (route.body_for(api), route.query) if schema]
    own = [schema for schema in schemas if not type(schema).__module__.startswith(ELSEWHERE)]
    taken = [found for schema in own for found in taken_by(schema, type(schema).__name__)]

    assert len(taken) > 10
    assert [place for place, field in taken if not is_bounded(field)] == []


def test_a_text_of_marshmallows_own_type_would_be_found() -> None:
    class Careless(Schema):
        names = fields.List(fields.String())
        on = fields.Date()
        word = fields.String(validate=fields.validate.OneOf(["a"]))
        name = TextField()

    assert [place for place, field in taken_by(Careless(), "Careless") if not is_bounded(field)] == [
        "Careless.names",
        "Careless.on",
    ]
