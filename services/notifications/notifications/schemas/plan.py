"""The dry run: what is asked, and who would get what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import fields, validate

from chassis.http import DayField, QuerySchema, Schema
from notifications.domain.notice import Channel
from notifications.domain.recipients import Audience, RecipientKind
from notifications.queries import filters
from notifications.schemas.rulesets import RuleSetParameters
from programme.ruleset_routes import AsItCame

DAY = {"description": "past or coming, in Asia/Shanghai"}
OUTCOMES = ("goes", "withdrawn", "no_address")


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """A draft of a rule set's parameters, to be tried on a day."""

    on: date
    parameters: dict[str, Any]  # Any: JSON, which the schema has checked


class PlanFilters(QuerySchema):
    record = filters.PlanFilters

    on = DayField(required=True, metadata=DAY)
    ruleset = fields.Integer(
        validate=validate.Range(1, 2**31 - 1),
        metadata={"description": "its version; without one, the rule set of that day"},
    )


class NewDryRun(Schema):
    """A day and a draft."""

    record = DryRun

    on = DayField(required=True, metadata=DAY)
    parameters = AsItCame(RuleSetParameters, required=True)


class OnChannel(Schema):
    channel = fields.Enum(Channel, by_value=fields.String, required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
    reason = fields.String(allow_none=True, metadata={"description": "why it would be withdrawn"})
    at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "when it may go, by the quiet hours and the working days"}
    )


class ToRecipient(Schema):
    audience = fields.Enum(Audience, by_value=fields.String, required=True)
    recipient_kind = fields.Enum(RecipientKind, by_value=fields.String, required=True)
    recipient_id = fields.String(required=True)
    name = fields.String(allow_none=True, metadata={"description": "where the caller may know it"})
    channels = fields.List(fields.Nested(OnChannel), required=True)


class PlanItem(Schema):
    cause = fields.String(
        required=True,
        metadata={"description": "an event's type, `planned:<rule>`, or `escalated:<rule>:<stage>`"},
    )
    kind = fields.String(required=True)
    about = fields.String(required=True)
    due_on = fields.Date(required=True)
    recipients = fields.List(fields.Nested(ToRecipient), required=True)
    unknown_years = fields.List(
        fields.Integer(),
        required=True,
        metadata={"description": "whose holidays are not known: Monday to Friday was taken for worked"},
    )
