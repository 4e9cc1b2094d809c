"""Notices, their deliveries, and inboxes."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import DayField, QuerySchema, Schema, TextField
from notifications.adapters.texts import KINDS
from notifications.domain.notice import Channel, State
from notifications.domain.recipients import RecipientKind
from notifications.queries import filters


def id_filter() -> TextField:
    return TextField(100)


def kind_filter() -> fields.String:
    return fields.String(validate=validate.OneOf(KINDS))


class Period(QuerySchema):
    since = DayField(data_key="from", metadata={"description": "the first day, in Asia/Shanghai"})
    until = DayField(data_key="to", metadata={"description": "the last day, in Asia/Shanghai"})


class NoticeFilters(Period):
    record = filters.NoticeFilters

    kind = kind_filter()
    channel = fields.Enum(Channel, by_value=fields.String)
    state = fields.Enum(State, by_value=fields.String)
    recipient_kind = fields.Enum(RecipientKind, by_value=fields.String)
    recipient_id = id_filter()
    cause_id = id_filter()


class InboxFilters(Period):
    record = filters.InboxFilters

    kind = kind_filter()
    unread = fields.Boolean(
        truthy={"true"}, falsy={"false"}, metadata={"description": "unread ones only, or read ones only"}
    )


class SummaryFilters(Period):
    record = filters.SummaryFilters


class Delivery(Schema):
    id = fields.String(
        required=True, metadata={"description": "`delivery_id` in the events notice.sent and notice.failed"}
    )
    version = fields.Integer(required=True)
    channel = fields.String(required=True)
    state = fields.Enum(State, by_value=fields.String, required=True)
    attempts = fields.Integer(required=True)
    maybe_repeated = fields.Integer(
        required=True, metadata={"description": "attempts after one of which it is not known whether it arrived"}
    )
    address = fields.String(allow_none=True, metadata={"description": "masked"})
    answer = fields.String(allow_none=True, metadata={"description": "what the server said last"})
    next_attempt_at = fields.AwareDateTime(allow_none=True)
    sent_at = fields.AwareDateTime(allow_none=True)
    delivered_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "when the recipient had it, where the channel's gateway tells"}
    )
    waits_for = fields.String(
        allow_none=True,
        metadata={
            "description": "why it waits, beside a next attempt: `digest`, or the limit that has no room: "
            "`sms_daily`, `sms_daily_of_recipient`, `robot_minute`"
        },
    )
    digest_id = fields.String(
        allow_none=True, metadata={"description": "the same for deliveries that were handed over in one message"}
    )


class Notice(Schema):
    id = fields.String(required=True)
    cause_id = fields.String(required=True, metadata={"description": "the event's id"})
    kind = fields.String(required=True)
    recipient_kind = fields.String(required=True)
    recipient_id = fields.String(required=True)
    division = fields.String(allow_none=True)
    subject = fields.String(required=True)
    body = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    deliveries = fields.List(fields.Nested(Delivery), required=True)


class Cause(Schema):
    id = fields.String(required=True)
    type = fields.String(required=True)
    subject = fields.String(required=True)
    occurred_at = fields.AwareDateTime(required=True)
    received_at = fields.AwareDateTime(required=True)
    data = fields.Dict(required=True)
    ruleset = fields.Integer(required=True)


class Reading(Schema):
    reader = fields.String(required=True)
    read_at = fields.AwareDateTime(required=True)


class NoticeInFull(Notice):
    cause = fields.Nested(Cause, required=True)
    readings = fields.List(fields.Nested(Reading), required=True)


class InboxItem(Schema):
    id = fields.String(required=True)
    cause_id = fields.String(required=True)
    kind = fields.String(required=True)
    recipient_kind = fields.String(required=True)
    recipient_id = fields.String(required=True)
    division = fields.String(allow_none=True)
    subject = fields.String(required=True)
    body = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    read_at = fields.AwareDateTime(allow_none=True)


class Counted(Schema):
    kind = fields.String(required=True)
    channel = fields.String(required=True)
    state = fields.String(required=True)
    number = fields.Integer(required=True)
    maybe_repeated = fields.Integer(required=True)


class Summary(Schema):
    items = fields.List(fields.Nested(Counted), required=True)
    notices = fields.Integer(required=True)
    deliveries = fields.Integer(required=True)
    maybe_repeated = fields.Integer(required=True)
