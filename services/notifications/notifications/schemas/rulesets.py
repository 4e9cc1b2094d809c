"""The parameters of this service's rule sets."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from chassis.http import Schema, TextField
from notifications.domain.announcements import KINDS
from notifications.domain.notice import Channel


def some_channels(**options: Any) -> fields.List[Any]:  # Any: marshmallow's options, and what its lists hold
    """Some of the channels, each once."""
    each = fields.Enum(Channel, by_value=fields.String)
    return fields.List(each, validate=[validate.Length(1, len(Channel)), _each_once], **options)


def _each_once(values: list[str]) -> None:
    if len(set(values)) < len(values):
        raise ValidationError("Named more than once. / 重复。")


class RuleSetParameters(Schema):
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
    signature = TextField(100, required=True, metadata={"description": "who signs the notices"})
