"""Subscriptions of other government systems."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from chassis.http import DayField, QuerySchema, Schema, TextField
from notifications.adapters.personal_data import ADDRESS
from notifications.domain.subscription import State, Way
from notifications.queries import subscriptions as queries
from notifications.usecases import subscriptions as usecases

NAMES = {"description": "The claim `subscriber` of the system's tokens.", "example": "tax-bureau"}
EVENTS = {
    "description": "Of each type of event, the fields of its data that are given; GET /catalogue names them.",
    "example": {"certificate.revoked.v1": ["certificate_id", "number", "on"]},
}
MOST_TYPES, MOST_FIELDS, MOST_TARGET = 200, 100, 20


def events_field(**options: Any) -> fields.Dict:  # Any: marshmallow's options
    """Types, each with its fields."""
    names = fields.List(TextField(100), validate=validate.Length(max=MOST_FIELDS))
    return fields.Dict(
        keys=TextField(100), values=names, validate=validate.Length(1, MOST_TYPES), metadata=EVENTS, **options
    )


def email_field(**options: Any) -> TextField:  # Any: marshmallow's options
    """An e-mail address."""
    return TextField(254, validate=validate.Regexp(f"^{ADDRESS.pattern}$", error="Not an e-mail address."), **options)


def target_field(**options: Any) -> fields.Dict:  # Any: marshmallow's options
    """What the way needs to know."""
    meaning = {"description": "what the way needs to know; nothing for `feed` and `amqp`"}
    return fields.Dict(keys=TextField(100), validate=validate.Length(max=MOST_TARGET), metadata=meaning, **options)


class NewSubscription(Schema):
    record = usecases.EnterSubscription

    name = TextField(required=True)
    subscriber = TextField(100, metadata=NAMES)
    contact_email = email_field(required=True)
    legal_basis = TextField(1000, required=True)
    purpose = TextField(1000, required=True)
    events = events_field(required=True)
    ends_on = DayField(required=True, metadata={"description": "the last day"})
    division = TextField(20, allow_none=True, metadata={"description": "and all below it; null is the province"})
    way = fields.Enum(Way, by_value=fields.String)
    target = target_field()


class SubscriptionChanges(Schema):
    record = usecases.SubscriptionChanges

    name = TextField()
    contact_email = email_field()
    legal_basis = TextField(1000)
    purpose = TextField(1000)
    events = events_field()
    ends_on = DayField()
    division = TextField(20, allow_none=True)
    way = fields.Enum(Way, by_value=fields.String)
    target = target_field()


class Reason(Schema):
    record = usecases.Reason

    reason = TextField(1000, required=True)


class Grant(Schema):
    legal_basis = fields.String(required=True)
    purpose = fields.String(required=True)
    events = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)
    ends_on = fields.Date(required=True)
    division = fields.String(allow_none=True, required=True)
    way = fields.Enum(Way, by_value=fields.String, required=True)
    target = fields.Dict(keys=fields.String(), required=True)


class Subscription(Grant):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    subscriber = fields.String(required=True)
    contact_email = fields.String(required=True, metadata={"description": "masked"})
    state = fields.Enum(State, by_value=fields.String, required=True)
    reason = fields.String(
        allow_none=True, required=True, metadata={"description": "why it was refused, paused or ended"}
    )
    proposed = fields.Nested(
        Grant, allow_none=True, required=True, metadata={"description": "what waits for the province's approval"}
    )
    entered_by = fields.String(required=True)
    entered_at = fields.AwareDateTime(required=True)
    approved_by = fields.String(allow_none=True, required=True)
    approved_at = fields.AwareDateTime(allow_none=True, required=True)
    kept_since = fields.AwareDateTime(allow_none=True, required=True)
    ended_at = fields.AwareDateTime(allow_none=True, required=True)


class SubscriptionFilters(QuerySchema):
    record = queries.SubscriptionFilters

    subscriber = TextField(100)
    state = fields.Enum(State, by_value=fields.String)
    waiting = fields.Boolean(
        truthy={"true"}, falsy={"false"}, metadata={"description": "those that wait for an approval, or the others"}
    )


class SubscriptionFeedQuery(QuerySchema):
    record = queries.FeedArguments

    after = fields.Integer(
        load_default=0,
        validate=validate.Range(0, 2**63 - 1),
        metadata={"description": "`feedsequence` of the last event that you have stored; 0 to begin with."},
    )
    limit = fields.Integer(load_default=100, validate=validate.Range(1, queries.HIGHEST_LIMIT))


class SubscriptionStatus(Schema):
    state = fields.Enum(State, by_value=fields.String, required=True)
    reason = fields.String(allow_none=True, required=True)
    way = fields.Enum(Way, by_value=fields.String, required=True)
    ends_on = fields.Date(required=True)
    first_sequence = fields.Integer(
        allow_none=True, required=True, metadata={"description": "the first that is kept; null where none is"}
    )
    last_sequence = fields.Integer(required=True, metadata={"description": "0 where there was none yet"})
    last_event_at = fields.AwareDateTime(allow_none=True, required=True)
    kept = fields.Integer(required=True)
    fetched_sequence = fields.Integer(
        allow_none=True, required=True, metadata={"description": "the highest `after` that the feed was asked with"}
    )
    fetched_at = fields.AwareDateTime(allow_none=True, required=True)
    behind = fields.Integer(allow_none=True, required=True, metadata={"description": "events after `fetched_sequence`"})
    behind_seconds = fields.Float(
        allow_none=True, required=True, metadata={"description": "the age of the first of these that is kept"}
    )


class ManifestOfType(Schema):
    count = fields.Integer(required=True)
    sha256 = fields.String(
        required=True,
        metadata={"description": "of the ids in the order of their sequences, each followed by a line feed"},
    )


class Manifest(Schema):
    day = fields.Date(required=True, metadata={"description": "in Asia/Shanghai"})
    number = fields.Integer(required=True)
    first_sequence = fields.Integer(allow_none=True, required=True)
    last_sequence = fields.Integer(
        required=True, metadata={"description": "that of the day before where there was nothing"}
    )
    types = fields.Dict(keys=fields.String(), values=fields.Nested(ManifestOfType), required=True)
    made_at = fields.AwareDateTime(required=True)
    is_final = fields.Boolean(required=True, metadata={"description": "false of a day that is not over"})


class EventTypeInShort(Schema):
    type = fields.String(required=True)
    publisher = fields.String(required=True)
    description = fields.String(required=True)
    fields_ = fields.List(fields.String(), data_key="fields", attribute="fields", required=True)


class EventType(EventTypeInShort):
    schema = fields.Dict(keys=fields.String(), required=True, metadata={"description": "the JSON Schema of its data"})
    example = fields.Dict(keys=fields.String(), required=True, metadata={"description": "as its publisher has it"})


class Catalogue(Schema):
    items = fields.List(fields.Nested(EventTypeInShort), required=True)
