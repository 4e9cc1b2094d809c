"""What recipients choose."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import Schema
from notifications.adapters.texts import KINDS
from notifications.domain.language import Language
from notifications.domain.notice import Channel
from notifications.usecases import prefer


class Prefer(Schema):
    record = prefer.Prefer

    language = fields.Enum(Language, by_value=fields.String, required=True)
    switched_off = fields.Dict(
        keys=fields.Enum(Channel, by_value=fields.String),
        values=fields.List(fields.String(validate=validate.OneOf(KINDS)), validate=validate.Length(0, len(KINDS))),
        required=True,
        metadata={
            "description": "by channel, the kinds of notice that are not wanted there; replaces what was chosen before",
            "example": {"email": ["nomination_received"]},
        },
    )


class Preferences(Schema):
    version = fields.Integer(required=True, metadata={"description": "for If-Match; 0: nothing was ever chosen"})
    language = fields.String(required=True)
    switched_off = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)
    optional = fields.List(
        fields.String(), required=True, metadata={"description": "the kinds that may be switched off"}
    )
