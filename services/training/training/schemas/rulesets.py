"""The parameters of a rule set."""

from __future__ import annotations

from collections.abc import Mapping

from marshmallow import ValidationError, fields, validate

from chassis.http import Schema, TextField
from training.domain.education import CLASS, ONLINE
from training.domain.rules import Consequence, SecondCertificate, WithoutAdmission
from training.schemas.common import word_field

KIND = "^[a-z][a-z_]{0,39}$"


def _has_those_of_classes(kinds: Mapping[str, float | None]) -> None:
    missing = [kind for kind in (CLASS, ONLINE) if kind not in kinds]
    if missing:
        raise ValidationError(f"Hours of classes are entered as these kinds; missing: {', '.join(missing)}.")


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
    education_kinds = fields.Dict(
        keys=TextField(
            40,
            pattern=KIND,
            validate=validate.Regexp(KIND, error="A kind is a word of small letters and underscores."),
        ),
        values=fields.Float(allow_none=True, validate=validate.Range(0, 1000)),
        required=True,
        validate=[validate.Length(2, 20), _has_those_of_classes],
        metadata={
            "description": "The kinds of continuing education that count (R34), each with the most hours of it that do "
            "in a year; null: all of them. `class` and `online` are those that classes enter."
        },
    )
    education_carry_over_hours = fields.Float(
        required=True,
        validate=validate.Range(0, 1000),
        metadata={"description": "The most hours of a year, beyond those it asks for, that count for the next one."},
    )
    education_close_days = fields.Integer(
        required=True,
        validate=validate.Range(0, 180),
        metadata={"description": "How long after a year's end papers come in before it is told who is behind."},
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
    trainer_outside_pool = word_field(
        Consequence,
        required=True,
        metadata={"description": "What becomes of a class taught by somebody who is not in the pool of trainers (R6)."},
    )
    venue_taken = word_field(
        Consequence,
        required=True,
        metadata={"description": "What becomes of a class at whose venue another is held on the same days."},
    )
