"""The fields this service reads of the registry's events; others are left alone."""

from __future__ import annotations

from marshmallow import Schema, fields


class EnterpriseKnown(Schema):
    enterprise_id = fields.String(required=True)
    name = fields.String(required=True)
    division = fields.String(required=True)


class PersonKnown(Schema):
    person_id = fields.String(required=True)
    name = fields.String(required=True)
    division = fields.String(required=True)
    enterprise_id = fields.String(allow_none=True, load_default=None)


class DivisionPlaced(Schema):
    code = fields.String(required=True)
    name = fields.String(required=True)
    level = fields.String(required=True)
    parent = fields.String(allow_none=True, load_default=None)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(allow_none=True, load_default=None)
    successor = fields.String(allow_none=True, load_default=None)
