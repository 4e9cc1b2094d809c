"""The parameters of this service's rule sets."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from chassis.http import Schema, TextField
from notifications.adapters.texts import KINDS
from notifications.domain.rules import OFFICE
from notifications.schemas.notice_rules import Timing, rules_field, some_channels

BODY_KEY = "^[a-z][a-z_]*$"


class SigningBody(Schema):
    """Who signs letters, as they name themselves."""

    name = TextField(100, required=True)
    telephone = TextField(40, allow_none=True, load_default=None)
    document_number = TextField(
        100,
        allow_none=True,
        load_default=None,
        metadata={
            "description": "the number (文号) under which its letters go out",
            "example": "吉质强省办函〔2026〕15号",
        },
    )


class RuleSetParameters(Schema):
    notices = rules_field()
    timing = fields.Nested(Timing, required=True)
    channels = some_channels(required=True, metadata={"description": "by which notices go out"})
    channels_by_kind = fields.Dict(
        keys=fields.String(validate=validate.OneOf(KINDS)),
        values=some_channels(),
        required=True,
        metadata={"description": "kinds that go out by other channels"},
    )
    address_wait_days = fields.Integer(
        required=True,
        validate=validate.Range(0, 365),
        metadata={"description": "days for which a letter without an address waits for one"},
    )
    bodies = fields.Dict(
        keys=TextField(40, pattern=BODY_KEY, validate=validate.Regexp(BODY_KEY)),
        values=fields.Nested(SigningBody),
        required=True,
        validate=validate.Length(1, 20),
        metadata={"description": "who may sign, by key; `office` signs where no other is named"},
    )
    body_by_kind = fields.Dict(
        keys=fields.String(validate=validate.OneOf(KINDS)),
        values=TextField(40, pattern=BODY_KEY),
        required=True,
        metadata={"description": "kinds that another of the bodies signs, by its key"},
    )
    review_body = TextField(100, required=True, metadata={"description": "to whom 行政复议 is applied for"})
    review_days = fields.Integer(required=True, validate=validate.Range(1, 365))
    court = TextField(100, required=True, metadata={"description": "where 行政诉讼 is brought"})
    court_months = fields.Integer(required=True, validate=validate.Range(1, 60))
    english_names = fields.Dict(
        keys=TextField(100),
        values=TextField(200),
        required=True,
        validate=validate.Length(0, 50),
        metadata={"description": "what English letters call bodies and courts, by their Chinese names"},
    )

    @validates_schema
    def bodies_are_there(self, data: dict[str, Any], **options: Any) -> None:  # Any: marshmallow's
        """The office is among the bodies, and so is each that a kind names."""
        if OFFICE not in data["bodies"]:
            raise ValidationError(f"There is no body `{OFFICE}`. / 缺少 {OFFICE}。", "bodies")
        unknown = sorted(set(data["body_by_kind"].values()) - data["bodies"].keys())
        if unknown:
            raise ValidationError(f"Not among the bodies: {unknown}. / 署名单位不存在。", "body_by_kind")
