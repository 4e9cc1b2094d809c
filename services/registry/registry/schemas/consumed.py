"""The events this service reads: the fields it uses of training's contracts, and none of the others."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields


class FromTraining(Schema):
    class Meta:
        unknown = EXCLUDE


class CertificateIssued(FromTraining):
    certificate_id = fields.String(required=True)
    number = fields.String(required=True)
    person_id = fields.String(required=True)
    issued_on = fields.Date(required=True)
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True)


class CertificateRenewed(FromTraining):
    certificate_id = fields.String(required=True)
    number = fields.String(required=True)
    person_id = fields.String(required=True)
    on = fields.Date(required=True)
    valid_until = fields.Date(required=True)


class CertificateEnded(FromTraining):
    """Expired or revoked."""

    certificate_id = fields.String(required=True)
    number = fields.String(required=True)
    person_id = fields.String(required=True)
    on = fields.Date(required=True)


class EducationRecorded(FromTraining):
    person_id = fields.String(required=True)
    year = fields.Integer(required=True)
    total_hours = fields.Float(required=True)
    required_hours = fields.Float(required=True)
    on = fields.Date(required=True)
