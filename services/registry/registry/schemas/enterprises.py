"""Enterprises and the imports' outcome."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import QuerySchema, Schema
from registry import queries
from registry.adapters.codes import email_violation, industry_violation, phone_violation, uscc_violation
from registry.schemas.common import flag, passes, query_flag, text
from registry.usecases import enterprises


class EnterpriseChanges(Schema):
    record = enterprises.EnterpriseChanges

    name = text()
    division = fields.String(metadata={"description": "the county in which it is supervised today"})
    industry = fields.String(validate=passes(industry_violation), metadata={"example": "C36"})
    above_threshold = flag()
    award_contender = flag()
    brand_contender = flag()
    legal_representative = text()
    responsible_person = text(allow_none=True)
    registered_on = fields.Date()


class NewEnterprise(Schema):
    record = enterprises.RegisterEnterprise

    uscc = fields.String(required=True, validate=passes(uscc_violation), metadata={"example": "91220101MA0Y12340Q"})
    name = text(required=True)
    division = fields.String(required=True)
    industry = fields.String(required=True, validate=passes(industry_violation))
    above_threshold = flag(required=True)
    award_contender = flag(load_default=False)
    brand_contender = flag(load_default=False)
    legal_representative = text(required=True)
    responsible_person = text(load_default=None, allow_none=True)
    registered_on = fields.Date(required=True)
    phone = fields.String(load_default=None, allow_none=True, validate=passes(phone_violation))
    email = fields.String(load_default=None, allow_none=True, validate=passes(email_violation))


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

    division = fields.String(metadata={"description": "a division; all that lies in it, by the tree of today"})
    above_threshold = query_flag()
    award_contender = query_flag()
    brand_contender = query_flag()
    has_cqo = query_flag(metadata={"description": "whether somebody is appointed, suspended or not"})
    industry = fields.String(metadata={"description": "the beginning of an industry code"})
    uscc = fields.String()
    q = fields.String(validate=validate.Length(min=1, max=100), metadata={"description": "words in the name"})


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
