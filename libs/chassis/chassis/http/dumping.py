"""Dumping by a schema, as marshmallow does it: rows, which lists are made of, field by field without its look-ups."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

from marshmallow import Schema, missing

# What the answer calls a field, what the row calls it, and what makes JSON of its value.
Column: TypeAlias = tuple[str, str, Callable[[Any, str, Any], Any]]  # Any: values and rows of any kind


def dump(schema: Schema, answer: object, *, many: bool | None = None) -> Any:  # Any: JSON's values
    """What `schema.dump` gives, sooner where `answer` is a dict, or `many` of them, and the schema has no hooks."""
    columns = _columns(schema)
    if columns is None:
        return schema.dump(answer, many=many)
    if isinstance(answer, list) and (schema.many if many is None else many):
        return [_row(columns, each) if type(each) is dict else schema.dump(each, many=False) for each in answer]
    return _row(columns, answer) if type(answer) is dict else schema.dump(answer, many=many)


def _row(columns: list[Column], row: dict[str, Any]) -> dict[str, Any]:  # Any: values of any kind
    return {key: serialize(row[name], name, row) for key, name, serialize in columns if name in row}


@functools.cache
def _columns(schema: Schema) -> list[Column] | None:
    """The schema's fields, or None where one is no plain value of a row."""
    if any(schema._hooks[hook] for hook in ("pre_dump", "post_dump")):
        return None
    columns: list[Column] = []
    for name, field in schema.dump_fields.items():
        source = field.attribute or name
        if not field._CHECK_ATTRIBUTE or field.dump_default is not missing or "." in source:
            return None
        columns.append((field.data_key or name, source, field._serialize))
    return columns
