"""Divisions and contact points."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import DayField, Schema, TextField
from registry.domain import division_changes
from registry.domain.contact import ContactPoints
from registry.domain.division_changes import ChangeKind, DivisionChange
from registry.schemas.common import division_field, email_field, flag, phone_field


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


class Part(Schema):
    """A division that begins with a split."""

    record = division_changes.Part

    code = division_field(required=True)
    name = TextField(required=True)


class NewDivisionChange(Schema):
    """What becomes of a division: each kind has fields of its own."""

    record = DivisionChange

    kind = fields.Enum(ChangeKind, by_value=fields.String, required=True)
    code = division_field(required=True, metadata={"description": "the division that changes"})
    effective_on = DayField(required=True, metadata={"description": "the first day on which it is so"})
    document = TextField(required=True, metadata={"example": "吉政函〔2020〕48号"})
    parent = division_field(load_default=None, metadata={"description": "move: the division it lies in then"})
    name = TextField(load_default=None, metadata={"description": "rename: its name then"})
    new_code = division_field(load_default=None, metadata={"description": "move, rename: its code then"})
    into = division_field(load_default=None, metadata={"description": "merge: the division that takes it in"})
    parts = fields.List(
        fields.Nested(Part),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"description": "split: the divisions that begin; the first is its successor"},
    )
    stays = flag(load_default=False, metadata={"description": "split: whether it stays beside its parts"})


class DivisionChanged(Schema):
    id = fields.String(required=True)
    kind = fields.Enum(ChangeKind, by_value=fields.String, required=True)
    code = fields.String(required=True)
    effective_on = fields.Date(required=True)
    document = fields.String(required=True)
    recorded_on = fields.Date(required=True)
    placements = fields.List(
        fields.Dict(keys=fields.String(), values=fields.String(allow_none=True)),
        required=True,
        metadata={"description": "those that it ended and began"},
    )


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
