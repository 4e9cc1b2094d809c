"""The parameters of a rule set."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import Schema
from training.domain.rules import SecondCertificate, WithoutAdmission
from training.schemas.common import word_field


class RuleSetParameters(Schema):
    certificate_months = fields.Integer(required=True, validate=validate.Range(1, 240))
    initial_hours = fields.Float(required=True, validate=validate.Range(0, 1000))
    pass_mark = fields.Float(required=True, validate=validate.Range(0, 100))
    resits = fields.Integer(required=True, validate=validate.Range(0, 9))
    attendance_percent = fields.Float(required=True, validate=validate.Range(0, 100))
    continuing_hours = fields.Float(required=True, validate=validate.Range(0, 1000))
    expiry_notice_days = fields.List(
        fields.Integer(validate=validate.Range(0, 365)), required=True, validate=validate.Length(1, 12)
    )
    renewal_before_days = fields.Integer(required=True, validate=validate.Range(0, 1000))
    renewal_after_days = fields.Integer(required=True, validate=validate.Range(0, 3650))
    education_exempt_first_year = fields.Boolean(
        required=True,
        metadata={"description": "Whether the year of the first certificate asks for no continuing education."},
    )
    education_forecast_month = fields.Integer(required=True, validate=validate.Range(1, 12))
    education_forecast_day = fields.Integer(
        required=True,
        validate=validate.Range(1, 28),
        metadata={"description": "The day on which those are told who are going to miss hours of the year."},
    )
    second_certificate = word_field(
        SecondCertificate,
        required=True,
        metadata={"description": "What the training for a first certificate means to who holds one."},
    )
    without_admission = word_field(
        WithoutAdmission,
        required=True,
        metadata={"description": "What a nomination for a first certificate means without the bureau's admission."},
    )
    class_notice_days = fields.Integer(
        required=True,
        validate=validate.Range(0, 365),
        metadata={
            "description": "How long before its first day those enrolled are told when and where a class begins."
        },
    )
    resit_days = fields.Integer(
        required=True,
        validate=validate.Range(0, 730),
        metadata={"description": "How long after a class was closed its exam may be sat again."},
    )
    appeal_days = fields.Integer(
        required=True,
        validate=validate.Range(0, 730),
        metadata={"description": "How long after an outcome an appeal may be made."},
    )
    quota_release_days = fields.Integer(
        required=True,
        validate=validate.Range(0, 365),
        metadata={"description": "How long before its first day a class gives up places that divisions have not used."},
    )
