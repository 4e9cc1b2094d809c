"""Enterprises and the imports' outcome."""

from __future__ import annotations

from marshmallow import fields

from chassis.http import DayField, QuerySchema, Schema, TextField
from registry import queries
from registry.schemas.common import (
    division_field,
    email_field,
    flag,
    industry_beginning_field,
    industry_field,
    phone_field,
    query_flag,
    uscc_field,
)
from registry.usecases import enterprises


class EnterpriseChanges(Schema):
    record = enterprises.EnterpriseChanges

    name = TextField()
    division = division_field(metadata={"description": "the county in which it is supervised today"})
    industry = industry_field(metadata={"example": "C36"})
    above_threshold = flag()
    award_contender = flag()
    brand_contender = flag()
    legal_representative = TextField()
    responsible_person = TextField(allow_none=True)
    registered_on = DayField()


class NewEnterprise(Schema):
    record = enterprises.RegisterEnterprise

    uscc = uscc_field(required=True, metadata={"example": "91220101MA0Y12340Q"})
    name = TextField(required=True)
    division = division_field(required=True)
    industry = industry_field(required=True)
    above_threshold = flag(required=True)
    award_contender = flag(load_default=False)
    brand_contender = flag(load_default=False)
    legal_representative = TextField(required=True)
    responsible_person = TextField(load_default=None, allow_none=True)
    registered_on = DayField(required=True)
    phone = phone_field(load_default=None, allow_none=True)
    email = email_field(load_default=None, allow_none=True)


class Enterprise(Schema):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    uscc = fields.String(required=True)
    name = fields.String(required=True)
    division = fields.String(required=True)
    industry = fields.String(required=True)
    above_threshold = fields.Boolean(required=True)
    award_contender = fields.Boolean(required=True)
    brand_contender = fields.Boolean(required=True)
    legal_representative = fields.String(required=True)
    responsible_person = fields.String(allow_none=True)
    registered_on = fields.Date(required=True)
    phone = fields.String(allow_none=True, metadata={"description": "masked"})
    email = fields.String(allow_none=True, metadata={"description": "masked"})


class EnterpriseFilters(QuerySchema):
    record = queries.EnterpriseFilters

    division = division_field(metadata={"description": "a division; all that lies in it, by the tree of today"})
    above_threshold = query_flag()
    award_contender = query_flag()
    brand_contender = query_flag()
    has_cqo = query_flag(metadata={"description": "whether somebody is appointed, suspended or not"})
    industry = industry_beginning_field()
    uscc = uscc_field()
    q = TextField(100, metadata={"description": "words in the name"})


class Rejection(Schema):
    row = fields.Integer(required=True, metadata={"description": "the row's number in the sheet; headers are row 1"})
    column = fields.String(required=True, metadata={"description": "the column's header"})
    letter = fields.String(required=True, metadata={"description": "the column's letter"})
    reason = fields.String(required=True)


class Import(Schema):
    created = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    updated = fields.Integer(required=True)
    rejected_rows = fields.Integer(required=True)
    rejected = fields.List(fields.Nested(Rejection), required=True, metadata={"description": "one entry per violation"})
