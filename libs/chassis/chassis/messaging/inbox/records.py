"""Makes the records that handlers read of events' data, as the reader's schema says, but faster.

A text that is to be a text needs no look by the schema. What is of another type than JSON's own is read by its field,
as the schema would; and what is wrong is given to the schema as a whole, which says what is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from marshmallow import Schema, ValidationError, fields, missing

from chassis.messaging.envelope import JsonObject

Field: TypeAlias = fields.Field[Any]  # Any: fields of any values
PLAIN: dict[type[Field], type] = {fields.String: str, fields.Boolean: bool, fields.Float: float}


class RecordReader:
    """Reads with `schema`, which marshmallow-dataclass has made of `record`."""

    def __init__(self, record: type, schema: Schema) -> None:
        self.record, self.schema = record, schema
        # Of each field its name, the type of which a value is right as it is, whether None is, and the field.
        self.fields = [(name, _plain(field), field.allow_none, field) for name, field in schema.load_fields.items()]

    def read(self, data: Sequence[JsonObject]) -> list[object]:
        """The records; raises marshmallow's ValidationError, whose messages are by places in `data`."""
        try:
            return [self._read(each) for each in data]
        except ValidationError:
            loaded: list[object] = self.schema.load(data, many=True)
            return loaded

    def _read(self, data: JsonObject) -> object:
        values = {}
        for name, plain, may_be_none, field in self.fields:
            value = data.get(name, missing)
            if type(value) is not plain and not (value is None and may_be_none):
                value = field.deserialize(value, name, data)
                if value is missing:
                    continue  # the record's own default
            values[name] = value
        return self.record(**values)


def _plain(field: Field) -> type | None:
    """The type whose values the field takes as they are; None where it has more to say."""
    if field.validators or field.pre_load or field.post_load:
        return None
    if isinstance(field, fields.Integer) and field.strict:
        return int
    return PLAIN.get(type(field))
