"""The audit of coverage: runs, figures and differences."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import DayField, QuerySchema, Schema
from notifications.queries import gaps
from notifications.schemas.notices import id_filter, kind_filter
from notifications.usecases import coverage

# Why something is a difference. docs/operations.md says what each means, and what to do.
REASONS = (
    "never_planned",
    "not_sent",
    "no_address",
    "failed",
    "unknown",
    "withdrawn_though_it_stood",
    "sent_early",
    "sent_twice",
    "other_recipient",
    "not_due",
    "text_altered",
    "delivery_altered",
    "missing_in_mailbox",
    "altered_in_mailbox",
)


class AskForAudit(Schema):
    record = coverage.AskForAudit

    since = DayField(required=True, data_key="from", metadata={"description": "the first day, in Asia/Shanghai"})
    until = DayField(required=True, data_key="to", metadata={"description": "the last day, which must be over"})


class GapFilters(QuerySchema):
    record = gaps.GapFilters

    kind = kind_filter()
    division = id_filter()
    reason = fields.String(validate=validate.OneOf(REASONS))


class Run(Schema):
    id = fields.String(required=True)
    days = fields.List(fields.Date(), required=True)
    done = fields.Integer(required=True, metadata={"description": "how many of the days are audited"})
    nightly = fields.Boolean(required=True)
    asked_by = fields.String(required=True)
    asked_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)


class Figure(Schema):
    kind = fields.String(required=True)
    channel = fields.String(required=True)
    due = fields.Integer(required=True)
    accepted = fields.Integer(required=True)


class Difference(Schema):
    kind = fields.String(required=True)
    reason = fields.String(required=True)
    number = fields.Integer(required=True)
    fixed = fields.Integer(required=True)


class RunInFull(Run):
    figures = fields.List(
        fields.Nested(Figure), required=True, metadata={"description": "for callers who see the whole province"}
    )
    differences = fields.List(
        fields.Nested(Difference), required=True, metadata={"description": "within the caller's division"}
    )


class Gap(Schema):
    id = fields.Integer(required=True)
    day = fields.Date(required=True, metadata={"description": "the day that was audited"})
    due_on = fields.Date(required=True)
    kind = fields.String(required=True)
    reason = fields.String(required=True, validate=validate.OneOf(REASONS))
    subject = fields.String(required=True, metadata={"description": "`event:<id>`, or `certificate:<id>` and the like"})
    recipient_kind = fields.String(required=True)
    recipient_id = fields.String(required=True)
    channel = fields.String(required=True)
    division = fields.String(required=True, allow_none=True)
    cause_id = fields.String(required=True, allow_none=True)
    notice_id = fields.String(required=True, allow_none=True)
    delivery_id = fields.String(required=True, allow_none=True)
    detail = fields.String(required=True, allow_none=True)
    found_at = fields.AwareDateTime(required=True)
    fixed_at = fields.AwareDateTime(required=True, allow_none=True)
    fixed_by = fields.String(required=True, allow_none=True)


class Fixed(Schema):
    fixed = fields.Integer(required=True, metadata={"description": "differences for which something is sent now"})
    nothing_to_send = fields.Integer(required=True)
    left = fields.Integer(required=True, metadata={"description": "not looked at yet: ask again"})
