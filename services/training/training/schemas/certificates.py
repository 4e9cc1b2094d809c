"""Queries and answers about certificates, and the reminders before they end."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import DayField, QuerySchema, Schema, TextField
from training import queries
from training.domain.certificate import CertificateStatus
from training.schemas.common import Criterion, RuleSetCited, id_field, word_field
from training.usecases import certificates


class Certificate(Schema):
    id = fields.String()
    version = fields.Integer()
    number = fields.String()
    person_id = fields.String()
    name = fields.String()
    enterprise_id = fields.String(allow_none=True)
    division = fields.String()
    issued_on = fields.Date()
    valid_from = fields.Date()
    valid_until = fields.Date()
    status = fields.String()
    ruleset = fields.Integer()
    revoked_reason = fields.String(allow_none=True)
    revoked_document = fields.String(allow_none=True)
    replaced_by = fields.String(allow_none=True, metadata={"description": "The id of the certificate held instead."})


class CertificateChange(Schema):
    on = fields.Date()
    decision = fields.String(
        metadata={"description": "issued, renewed, expired, suspended, reinstated, revoked or replaced"}
    )
    status = fields.String()
    valid_until = fields.Date()


class CertificateWithHistory(Certificate):
    history = fields.List(fields.Nested(CertificateChange))


class CertificateFilters(QuerySchema):
    record = queries.CertificateFilters

    status = word_field(CertificateStatus)
    person_id = id_field()
    enterprise_id = id_field()
    number = TextField()
    ends_by = DayField(metadata={"description": "Valid no longer than this day."})
    on = DayField(metadata={"description": "As they stood on that day; today if left out."})


class Revocation(Schema):
    record = certificates.Revoke

    reason = TextField(required=True)
    document = TextField(required=True)


class Reinstatement(Schema):
    record = certificates.Reinstate

    document = TextField(required=True)


class VerificationQuery(QuerySchema):
    record = queries.VerificationQuery

    number = TextField(required=True, metadata={"description": "As printed on the certificate."})
    name = TextField(required=True, metadata={"description": "The holder's name, as printed on the certificate."})


class VerificationPageQuery(QuerySchema):
    record = queries.PageQuery

    number = TextField()
    name = TextField()
    token = TextField(4000, metadata={"description": "What the QR code of a certificate holds."})


class StatusListQuery(QuerySchema):
    record = queries.StatusListQuery

    part = fields.Integer(
        load_default=0,
        validate=validate.Range(0, 2**31 - 1),
        metadata={"description": "Certificates with the index from part × 1048576 on."},
    )


class Verification(Schema):
    number = fields.String()
    genuine = fields.Boolean(metadata={"description": "Whether there is a certificate of that number and name."})
    status = fields.String(allow_none=True)
    valid_until = fields.Date(allow_none=True)


class ReminderFilters(QuerySchema):
    record = queries.ReminderFilters

    since = DayField(metadata={"description": "Due on this day or later."})
    until = DayField(metadata={"description": "Due on this day or earlier; today if left out."})


class ReminderDue(Schema):
    key = fields.String()
    certificate_id = fields.String()
    days_left = fields.Integer()
    due_on = fields.Date()
    state = fields.String(
        metadata={"description": "planned, done, cancelled, or superseded by a tighter reminder or by the end itself"}
    )
    event_id = fields.String(allow_none=True, metadata={"description": "The event that announced it."})
    replaced_by = fields.String(
        allow_none=True, metadata={"description": "Of a superseded one, the event that was announced instead."}
    )
    replaced_by_type = fields.String(allow_none=True, metadata={"description": "That event's type."})


class AsOf(QuerySchema):
    record = queries.AsOf

    on = DayField(metadata={"description": "As it stood on that day; today if left out."})


class Decision(CertificateChange):
    """A decision on a certificate, and what it rested on."""

    ruleset = fields.Nested(RuleSetCited)
    criteria = fields.List(fields.Nested(Criterion))
    reason = fields.String(allow_none=True, metadata={"description": "Of what was decided by a person."})
    document = fields.String(allow_none=True, metadata={"description": "Of what was decided by a person."})


class CertificateExplained(Schema):
    certificate_id = fields.String()
    number = fields.String()
    status = fields.String()
    valid_until = fields.Date()
    decisions = fields.List(fields.Nested(Decision))
