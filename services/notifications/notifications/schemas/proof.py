"""The proof that everybody was told."""

from __future__ import annotations

from marshmallow import fields

from chassis.http import Schema
from notifications.queries import filters
from notifications.schemas.notices import Period, kind_filter


class ProofFilters(Period):
    record = filters.ProofFilters

    kind = kind_filter()
    each = fields.Boolean(
        truthy={"true"},
        falsy={"false"},
        metadata={"description": "Look each delivery up by itself instead of reading the counts: ask for a period."},
    )


class Tally(Schema):
    due = fields.Integer(required=True, metadata={"description": "deliveries that the events received ask for"})
    sent = fields.Integer(required=True)
    pending = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    no_address = fields.Integer(required=True)
    declined = fields.Integer(
        required=True, metadata={"description": "not sent, as the recipient wants none of the kind on the channel"}
    )
    # `unknown` itself is an option of marshmallow's.
    in_doubt = fields.Integer(
        attribute="unknown",
        data_key="unknown",
        required=True,
        metadata={"description": "nobody knows whether they arrived; a person decides"},
    )
    bounced = fields.Integer(required=True, metadata={"description": "accepted, and given back later"})
    withdrawn = fields.Integer(
        required=True, metadata={"description": "what they would have told held no longer when they were to be sent"}
    )
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
