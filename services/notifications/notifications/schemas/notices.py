"""Notices, their deliveries, inboxes, and the proof."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import QuerySchema, Schema
from notifications.domain.announcements import DIVISION, ENTERPRISE, KINDS, PERSON
from notifications.domain.notice import CHANNELS, STATES


def id_filter() -> fields.String:
    return fields.String(validate=validate.Length(1, 100))


def kind_filter() -> fields.String:
    return fields.String(validate=validate.OneOf(KINDS))


class Period(QuerySchema):
    since = fields.Date(data_key="from", metadata={"description": "the first day, in Asia/Shanghai"})
    until = fields.Date(data_key="to", metadata={"description": "the last day, in Asia/Shanghai"})


class NoticeFilters(Period):
    kind = kind_filter()
    channel = fields.String(validate=validate.OneOf(CHANNELS))
    state = fields.String(validate=validate.OneOf(STATES))
    recipient_kind = fields.String(validate=validate.OneOf([PERSON, ENTERPRISE, DIVISION]))
    recipient_id = id_filter()
    cause_id = id_filter()


class InboxFilters(Period):
    kind = kind_filter()
    unread = fields.Boolean(
        truthy={"true", "1"}, falsy={"false", "0"}, metadata={"description": "unread ones only, or read ones only"}
    )


class SummaryFilters(Period):
    pass


class ProofFilters(Period):
    kind = kind_filter()


class Delivery(Schema):
    id = fields.String(
        required=True, metadata={"description": "`notice_id` in the events notice.sent and notice.failed"}
    )
    version = fields.Integer(required=True)
    channel = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    attempts = fields.Integer(required=True)
    maybe_repeated = fields.Integer(
        required=True, metadata={"description": "attempts after one of which it is not known whether it arrived"}
    )
    address = fields.String(allow_none=True, metadata={"description": "masked"})
    answer = fields.String(allow_none=True, metadata={"description": "what the mail server said last"})
    next_attempt_at = fields.AwareDateTime(allow_none=True)
    sent_at = fields.AwareDateTime(allow_none=True)


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


class Tally(Schema):
    due = fields.Integer(required=True, metadata={"description": "deliveries that the events received ask for"})
    sent = fields.Integer(required=True)
    pending = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    no_address = fields.Integer(required=True)
    missing = fields.Integer(required=True, metadata={"description": "due, and no delivery exists; must be 0"})
    nobody_concerned = fields.Integer(
        required=True, metadata={"description": "not due, for the event concerns nobody of that kind"}
    )


class TallyOfKind(Tally):
    kind = fields.String(required=True)
    channel = fields.String(required=True)


class Missing(Schema):
    cause_id = fields.String(required=True)
    type = fields.String(required=True)
    kind = fields.String(required=True)
    recipient_kind = fields.String(required=True)
    recipient_id = fields.String(required=True)
    channel = fields.String(required=True)


class HeldUp(Schema):
    type = fields.String(required=True)
    state = fields.String(required=True, metadata={"description": "see GET /ops/parked"})
    number = fields.Integer(required=True)
    since = fields.AwareDateTime(required=True)


class Received(Schema):
    type = fields.String(required=True)
    applied = fields.Integer(required=True, metadata={"description": "by the inbox's own count"})
    kept = fields.Integer(required=True, metadata={"description": "as causes of notices; must be the same"})


class Proof(Schema):
    items = fields.List(fields.Nested(TallyOfKind), required=True)
    total = fields.Nested(Tally, required=True)
    missing = fields.List(fields.Nested(Missing), required=True, metadata={"description": "the first 100"})
    held_up = fields.List(fields.Nested(HeldUp), required=True, metadata={"description": "of all divisions and days"})
    received = fields.List(
        fields.Nested(Received), required=True, metadata={"description": "of all divisions and days"}
    )
    proved = fields.Boolean(required=True, metadata={"description": "nothing missing, held up, or lost on the way"})
