"""Divisions and contact points."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import Schema
from registry.domain.contact import ContactPoints
from registry.schemas.common import email_field, phone_field


class Placement(Schema):
    code = fields.String(required=True)
    name = fields.String(required=True)
    level = fields.String(required=True, validate=validate.OneOf(["province", "prefecture", "county"]))
    parent = fields.String(required=True, allow_none=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(required=True, allow_none=True)
    successor = fields.String(required=True, allow_none=True)


class Divisions(Schema):
    items = fields.List(fields.Nested(Placement), required=True)


class Division(Schema):
    code = fields.String(required=True)
    name = fields.String(required=True)
    placements = fields.List(fields.Nested(Placement), required=True)


class NewContact(Schema):
    record = ContactPoints

    phone = phone_field(load_default=None, allow_none=True)
    email = email_field(load_default=None, allow_none=True)


class Contact(Schema):
    owner_id = fields.String(required=True)
    owner_kind = fields.String(required=True)
    phone = fields.String(allow_none=True, metadata={"description": "masked"})
    email = fields.String(allow_none=True, metadata={"description": "masked"})
    version = fields.Integer(required=True)
