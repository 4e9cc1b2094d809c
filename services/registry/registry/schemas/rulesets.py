"""The parameters of this service's rule sets."""

from __future__ import annotations

from typing import get_args

from marshmallow import fields, validate

from chassis.http import Schema
from registry.domain.rules import OnCertificateEnd, WithoutCertificate

SUSPEND_OR_NONE = validate.OneOf(get_args(OnCertificateEnd))


def whole_number(meaning: str) -> fields.Integer:
    """A whole number that is not negative."""
    return fields.Integer(required=True, validate=validate.Range(0, 3650), metadata={"description": meaning})


class RuleSetParameters(Schema):
    experience_years = whole_number("years of quality work that R32 asks for, unless there is a technical title")
    filing_days = whole_number("days within which an appointment is submitted for filing")
    resubmission_days = whole_number("days after a return within which the first day of submission is kept")
    change_filing_working_days = whole_number("working days within which a change is filed")
    vacancy_grace_days = whole_number("days for which a post may be vacant")
    expiring_days = whole_number("days before its end from which a CQO's certificate is listed as expiring")
    appoint_without_certificate = fields.String(required=True, validate=validate.OneOf(get_args(WithoutCertificate)))
    provisional_days = whole_number("days in which a provisional holder must earn the certificate")
    on_certificate_expired = fields.String(required=True, validate=SUSPEND_OR_NONE)
    on_certificate_revoked = fields.String(required=True, validate=SUSPEND_OR_NONE)
    continuing_education_hours = whole_number("hours of continuing education a year (R34)")
