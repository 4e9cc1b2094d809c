"""Receipts, robots, and the deliveries to one recipient."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import Schema, TextField
from notifications.domain import robots
from notifications.domain.robots import RobotKind
from notifications.schemas.notices import Delivery
from notifications.usecases import returns
from notifications.usecases.returns import ReceiptStatus


class DeliveryOfRecipient(Delivery):
    notice_id = fields.String(required=True)
    kind = fields.String(required=True)
    subject = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)


class NewReceipt(Schema):
    """What a gateway says of one message."""

    record = returns.Receipt

    id = TextField(64, required=True, metadata={"description": "the message's identity: its `id` in the request"})
    status = fields.Enum(ReceiptStatus, by_value=fields.String, required=True)
    reason = TextField(500, load_default=None)
    address_is_bad = fields.Boolean(
        load_default=False, metadata={"description": "it failed since nobody has that number"}
    )


class NewReceipts(Schema):
    record = returns.Receipts

    receipts = fields.List(fields.Nested(NewReceipt), required=True, validate=validate.Length(1, 500))


class EnteredReceipts(Schema):
    known = fields.Integer(required=True)
    unknown_ids = fields.List(
        fields.String(), required=True, metadata={"description": "of messages that are not known here"}
    )


class NewRobot(Schema):
    record = robots.Robot

    kind = fields.Enum(RobotKind, by_value=fields.String, required=True)
    url = TextField(500, required=True, metadata={"example": "https://oapi.dingtalk.com/robot/send?access_token=0"})
    secret = TextField(
        200, load_default=None, metadata={"description": "DingTalk: with which messages are signed (加签)"}
    )


class Robot(Schema):
    """A robot; its URL holds its key, so only the host is shown."""

    division = fields.String(required=True)
    kind = fields.Enum(RobotKind, by_value=fields.String, required=True)
    host = fields.String(required=True)
    signed = fields.Boolean(required=True)
    set_by = fields.String(required=True)
    set_at = fields.AwareDateTime(required=True)
    fault = fields.String(
        required=True, allow_none=True, metadata={"description": "why nothing is sent to it, until it is set anew"}
    )
