"""The base of every schema, and the checks on input that hold whatever the schema says."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from marshmallow import RAISE, ValidationError, fields, post_load, pre_load, validate
from marshmallow import Schema as MarshmallowSchema
from werkzeug.datastructures import MultiDict

from chassis.errors import CqoError, InvalidInput

Violation: TypeAlias = dict[str, str]  # {"pointer" | "parameter": where, "reason": what is wrong there}

MAX_DEPTH = 64
OUT_OF_RANGE = "Number out of range."
PLAIN_INTEGER = re.compile(r"-?[0-9]{1,30}")
INT64 = range(-(2**63), 2**63)


class MalformedBody(CqoError):
    """The body is not well-formed JSON."""

    status = 400
    zh = "请求正文不是格式正确的 JSON。"


class RecordSchema(MarshmallowSchema):
    """A schema that refuses unknown fields, and loads a record where `record` names its class."""

    class Meta:
        unknown = RAISE

    # The frozen dataclass that loading makes; a schema that only dumps needs none.
    record: ClassVar[Callable[..., object] | None] = None

    @post_load
    def _make_record(self, data: dict[str, Any], **_: object) -> object:  # Any: each field loads its own type
        # Read from the class: from the instance, a function that makes the record would be bound as a method.
        make = type(self).record
        return data if make is None else make(**data)


class Schema(RecordSchema):
    """A schema of a JSON body: it refuses values of another JSON type than the field's."""

    @pre_load
    def _refuse_other_types(self, data: object, **_: object) -> object:
        # marshmallow takes "5" for a number and "yes" for a boolean; in JSON they are neither.
        if isinstance(data, Mapping):
            wrong = {
                key: [f"Not a valid {wanted}."]
                for name, field in self.load_fields.items()
                if (key := field.data_key or name) in data
                for wanted in _wrong_type(field, data[key])
            }
            if wrong:
                raise ValidationError(wrong)
        return data


class QuerySchema(RecordSchema):
    """A schema for query parameters: all come as text, unknown ones are refused, and figures are of plain digits."""

    @pre_load
    def _refuse_other_digits(self, data: Mapping[str, Any], **_: object) -> Mapping[str, Any]:  # Any: texts, and lists
        # Python takes the digits of every script for a number, and signs, spaces and underscores with them.
        wrong = {
            key: ["Not a valid integer."]
            for name, field in self.load_fields.items()
            if (key := field.data_key or name) in data and not _is_plain(field, data[key])
        }
        if wrong:
            raise ValidationError(wrong)
        return data


def _is_plain(field: fields.Field[Any], given: object) -> bool:  # Any: a field of any type
    """Whether a parameter that is a number, or each of a list of such, is written in plain digits."""
    if isinstance(field, fields.List):
        return not isinstance(given, list) or all(_is_plain(field.inner, item) for item in given)
    if not isinstance(field, fields.Integer) or not isinstance(given, str):
        return True
    return PLAIN_INTEGER.fullmatch(given) is not None


DEFAULT_LIMIT = 50
MAX_LIMIT = 500
CURSOR = "^[A-Za-z0-9_-]+$"


@dataclass(frozen=True)
class PageArguments:
    """Which page of a list is asked for."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None


class PageQuery(QuerySchema):
    """The parameters of every list that comes in pages."""

    record = PageArguments

    limit = fields.Integer(
        load_default=DEFAULT_LIMIT,
        validate=validate.Range(1, MAX_LIMIT),
        metadata={"description": "How many items a page holds at most."},
    )
    cursor = fields.String(
        validate=[validate.Length(1, 1000), validate.Regexp(CURSOR, error="Not a cursor of this list.")],
        metadata={"description": "`next` of the page before; leave it out for the first page."},
    )


def _wrong_type(field: fields.Field[Any], value: object) -> Iterator[str]:  # Any: a field of any type
    if value is None:
        return
    if isinstance(field, fields.Boolean):
        if not isinstance(value, bool):
            yield "boolean"
    elif isinstance(field, fields.Integer):
        if not isinstance(value, int) or isinstance(value, bool):
            yield "integer"
    elif isinstance(field, fields.Number) and not isinstance(field, fields.Decimal):
        if not isinstance(value, int | float) or isinstance(value, bool):
            yield "number"
    elif isinstance(field, fields.List) and isinstance(value, list):
        for item in value:
            yield from _wrong_type(field.inner, item)
    elif isinstance(field, fields.Dict) and field.value_field is not None and isinstance(value, Mapping):
        for item in value.values():
            yield from _wrong_type(field.value_field, item)


def parse_json(raw: bytes) -> Any:  # Any: the schema that loads it says what it must be
    """The JSON value in `raw`, refused where no database column and no JSON reader could hold it."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as fault:
        raise MalformedBody() from fault
    violations = list(storage_violations(value))
    if violations:
        raise InvalidInput(violations)
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def storage_violations(value: object, pointer: str = "", depth: int = 0) -> Iterator[Violation]:
    """What in a loaded value, or in JSON, PostgreSQL could not store."""
    if depth > MAX_DEPTH:
        yield violation(pointer, "Nested too deeply.")
    elif isinstance(value, str):
        if not storable(value):
            yield violation(pointer, "Contains a NUL or a lone surrogate.")
    elif isinstance(value, dict):
        for key, item in value.items():
            if storable(key):
                yield from storage_violations(item, f"{pointer}/{escape(key)}", depth + 1)
            else:
                yield violation(pointer, "A field's name contains a NUL or a lone surrogate.")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from storage_violations(item, f"{pointer}/{index}", depth + 1)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for member in dataclasses.fields(value):
            yield from storage_violations(getattr(value, member.name), f"{pointer}/{escape(member.name)}", depth + 1)
    elif isinstance(value, int | float) and not -(2**63) <= value < 2**63:  # NaN too
        yield violation(pointer, OUT_OF_RANGE)


def storable(text: str) -> bool:
    """Whether PostgreSQL can hold the text: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def escape(key: str) -> str:
    """A key as a step of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def load_body(schema: MarshmallowSchema, raw: bytes) -> Any:  # Any: what the schema loads
    """The body as the schema loads it."""
    try:
        return _in_range(schema.load(parse_json(raw)))
    except ValidationError as error:
        raise InvalidInput(list(violations_of(error.messages))) from error


def load_query(
    schema: MarshmallowSchema,
    arguments: MultiDict[str, str],
) -> Any:  # Any: what the schema loads
    """The query parameters as the schema loads them; only lists may be given more than once."""
    lists = {f.data_key or name for name, f in schema.load_fields.items() if isinstance(f, fields.List)}
    given: dict[str, str | list[str]] = {}
    for name, values in arguments.lists():
        if not all(map(storable, (name, *values))):
            raise InvalidInput([query_violation(name.encode("ascii", "replace").decode(), "Not a valid string.")])
        if len(values) > 1 and name not in lists:
            raise InvalidInput([query_violation(name, "Given more than once.")])
        given[name] = values if name in lists else values[0]
    try:
        return _in_range(schema.load(given))
    except ValidationError as error:
        raise InvalidInput([_as_parameter(found) for found in violations_of(error.messages)]) from error


def _in_range(loaded: object) -> object:
    violations = [found for found in storage_violations(loaded) if found["reason"] == OUT_OF_RANGE]
    if violations:
        raise InvalidInput(violations)
    return loaded


def violations_of(messages: object, pointer: str = "") -> Iterator[Violation]:
    """What a schema found (a ValidationError's messages), each as `{"pointer", "reason"}`."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from violations_of(inner, pointer if key == "_schema" else f"{pointer}/{escape(str(key))}")
    elif isinstance(messages, list):
        for inner in messages:
            yield from violations_of(inner, pointer)
    else:
        yield violation(pointer, str(messages))


def violation(pointer: str, reason: str) -> Violation:
    """What is wrong at one place of the body, which a JSON pointer names."""
    return {"pointer": pointer, "reason": reason}


def query_violation(parameter: str, reason: str) -> Violation:
    """What is wrong with one query parameter."""
    return {"parameter": parameter, "reason": reason}


def _as_parameter(found: Violation) -> Violation:
    return query_violation(found["pointer"].split("/")[1] if found["pointer"] else "", found["reason"])
