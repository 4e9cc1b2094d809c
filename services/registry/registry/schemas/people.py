"""People, their eligibility, the exclusion list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from chassis.http import DayField, QuerySchema, Schema, TextField
from registry import queries
from registry.schemas.common import division_field, email_field, flag, id_field, id_number_field, phone_field
from registry.usecases import exclusions, people


class NewPerson(Schema):
    record = people.RegisterPerson

    name = TextField(required=True)
    id_number = id_number_field(required=True)
    enterprise_id = id_field(load_default=None, allow_none=True)
    division = division_field(metadata={"description": "only for a person without an enterprise"})
    degree = TextField(load_default=None, allow_none=True)
    quality_years = fields.Integer(strict=True, load_default=None, allow_none=True, validate=validate.Range(0, 60))
    title = TextField(load_default=None, allow_none=True)
    declaration = flag(load_default=False)
    phone = phone_field(load_default=None, allow_none=True)
    email = email_field(load_default=None, allow_none=True)


class PersonChanges(Schema):
    record = people.PersonChanges

    name = TextField()
    enterprise_id = id_field(allow_none=True)
    division = division_field()
    degree = TextField(allow_none=True)
    quality_years = fields.Integer(strict=True, allow_none=True, validate=validate.Range(0, 60))
    title = TextField(allow_none=True)
    declaration = flag()


class Person(Schema):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    division = fields.String(required=True)
    enterprise_id = fields.String(allow_none=True)
    id_number = fields.String(required=True, metadata={"description": "masked"})
    degree = fields.String(allow_none=True)
    quality_years = fields.Integer(allow_none=True, metadata={"description": "as stated when it was recorded"})
    title = fields.String(allow_none=True)
    declaration = fields.Boolean(required=True)
    phone = fields.String(allow_none=True, metadata={"description": "masked"})
    email = fields.String(allow_none=True, metadata={"description": "masked"})
    registered_on = fields.Date(required=True)


class PersonFilters(QuerySchema):
    record = queries.PersonFilters

    division = division_field()
    enterprise_id = id_field()
    q = TextField(100, metadata={"description": "words in the name"})


class IdNumber(Schema):
    record = queries.FindPerson

    id_number = id_number_field(required=True)


class Reason(Schema):
    record = people.RevealPerson

    reason = TextField(500, required=True)


class Revealed(Schema):
    person_id = fields.String(required=True)
    id_number = fields.String(required=True)
    phone = fields.String(allow_none=True)
    email = fields.String(allow_none=True)


class Criterion(Schema):
    rule = fields.String(required=True, metadata={"example": "R32"})
    name = fields.String(required=True)
    met = fields.Boolean(required=True)
    why = fields.String(required=True)
    evidence = fields.List(fields.Dict(), required=True)


class DecidedBy(Schema):
    version = fields.Integer(required=True)
    document = fields.String(required=True)
    effective_from = fields.Date(required=True)


class Eligibility(Schema):
    person_id = fields.String(required=True)
    on = fields.Date(required=True)
    eligible = fields.Boolean(required=True)
    ruleset = fields.Nested(DecidedBy, required=True)
    criteria = fields.List(fields.Nested(Criterion), required=True)


class NewExclusion(Schema):
    record = exclusions.Exclude

    person_id = id_field()
    id_number = id_number_field(metadata={"description": "if not registered yet"})
    reason = TextField(500, required=True)
    document = TextField(required=True)
    valid_from = DayField(required=True)
    valid_to = DayField(allow_none=True)

    @validates_schema
    def one_person(self, data: Mapping[str, Any], **_: Any) -> None:  # Any: what marshmallow has read
        if ("person_id" in data) == ("id_number" in data):
            raise ValidationError("Give either person_id or id_number. / 须且只须填写 person_id 或 id_number 之一。")
        if data.get("valid_to") and data["valid_to"] < data["valid_from"]:
            raise ValidationError("Ends before it begins. / 截止日期早于起始日期。", "valid_to")


class Exclusion(Schema):
    id = fields.String(required=True)
    reason = fields.String(required=True)
    document = fields.String(required=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(allow_none=True)
    recorded_on = fields.Date(required=True)
    lifted_by = fields.String(allow_none=True, metadata={"description": "the document that ended it early"})


class Lifting(Schema):
    record = exclusions.LiftExclusion

    on = DayField(required=True)
    document = TextField(required=True)
