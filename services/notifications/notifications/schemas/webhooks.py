"""What subscribers ask and see of their deliveries by webhook."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import InstantField, QuerySchema, Schema, TextField
from notifications.domain.webhook import Scheme
from notifications.queries import webhooks as queries
from notifications.usecases.webhooks import self_service

SEQUENCE = validate.Range(1, 2**63 - 1)
MOST_HOURS = 30 * 24


class NewKey(Schema):
    record = self_service.NewKey

    scheme = fields.Enum(Scheme, by_value=fields.String)
    old_valid_hours = fields.Float(
        validate=validate.Range(0, MOST_HOURS),
        metadata={"description": "how long the keys that it replaces still sign; 0 where one has become known"},
    )


class ClientCertificate(Schema):
    record = self_service.ClientCertificate

    pem = TextField(
        20_000,
        required=True,
        allow_none=True,
        metadata={"description": "certificate and unencrypted private key; null takes it away"},
    )


class Recovery(Schema):
    record = self_service.Recover

    from_sequence = fields.Integer(validate=SEQUENCE, metadata={"description": "the first to be delivered again"})
    since = InstantField(metadata={"description": "or all that was handed out from this moment on"})


class Skip(Schema):
    record = self_service.Skip

    reason = TextField(1000, required=True)


class RecoveredFrom(Schema):
    sequence = fields.Integer(required=True)


class WebhookKey(Schema):
    id = fields.String(required=True)
    scheme = fields.Enum(Scheme, by_value=fields.String, required=True)
    made_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(allow_none=True, required=True)


class WebhookKeyInFull(WebhookKey):
    key = fields.String(required=True, metadata={"description": "`whsec_…`; of ed25519 the public part, `whpk_…`"})


class WebhookKeys(Schema):
    items = fields.List(fields.Nested(WebhookKey), required=True)


class Asked(Schema):
    id = fields.String(required=True, metadata={"description": "see GET /subscriptions/{id}/errands/{errand_id}"})


class Errand(Schema):
    id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["handshake", "test"]))
    asked_at = fields.AwareDateTime(required=True)
    done_at = fields.AwareDateTime(allow_none=True, required=True)
    succeeded = fields.Boolean(allow_none=True, required=True)
    status = fields.Integer(allow_none=True, required=True)
    response = fields.String(allow_none=True, required=True)
    milliseconds = fields.Float(allow_none=True, required=True)
    fault = fields.String(allow_none=True, required=True, metadata={"description": "what is wrong"})


class LogFilters(QuerySchema):
    record = queries.LogFilters

    sequence = fields.Integer(validate=SEQUENCE)
    failed = fields.Boolean(truthy={"true"}, falsy={"false"})


class WebhookAttempt(Schema):
    sequence = fields.Integer(required=True)
    number = fields.Integer(required=True, metadata={"description": "1 for the first"})
    at = fields.String(required=True, metadata={"format": "date-time"})
    milliseconds = fields.Float(required=True)
    status = fields.Integer(metadata={"description": "missing where there was no answer"})
    response = fields.String(metadata={"description": "the first 4 KB"})
    fault = fields.String(metadata={"description": "why there was no answer"})


class WebhookDelivery(Schema):
    sequence = fields.Integer(required=True)
    event_id = fields.String(required=True)
    type = fields.String(required=True)
    url = fields.String(required=True)
    headers = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    body = fields.String(required=True)
    state = fields.String(
        required=True, validate=validate.OneOf(["delivered", "due", "retrying", "behind", "given_up"])
    )
    next_attempt_at = fields.AwareDateTime(allow_none=True, required=True)
    attempts = fields.List(fields.Nested(WebhookAttempt), required=True)


class DayOfDeliveries(Schema):
    day = fields.Date(required=True)
    attempts = fields.Integer(required=True)
    delivered = fields.Integer(required=True)
    mean_milliseconds = fields.Float(required=True)


class WebhookStatistics(Schema):
    position = fields.Integer(required=True, metadata={"description": "up to it each was delivered or waits"})
    last_sequence = fields.Integer(required=True)
    undelivered = fields.Integer(required=True)
    oldest_undelivered_seconds = fields.Float(allow_none=True, required=True)
    waiting = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    missed = fields.Integer(required=True, metadata={"description": "kept no more before their turn came"})
    maybe_repeated = fields.Integer(required=True)
    is_spared = fields.Boolean(required=True, metadata={"description": "fails, and gets one probe at a time only"})
    failures_in_a_row = fields.Integer(required=True)
    failing_since = fields.AwareDateTime(allow_none=True, required=True)
    paused_until = fields.AwareDateTime(allow_none=True, required=True)
    proved_at = fields.AwareDateTime(allow_none=True, required=True)
    days = fields.List(fields.Nested(DayOfDeliveries), required=True)
