"""The parameters of this service's rule sets."""

from __future__ import annotations

from typing import get_args

from marshmallow import fields, validate

from chassis.http import Schema
from registry.domain.breach import BreachConsequence
from registry.domain.rules import Consequence, OnCertificateEnd, OnExcluded, WithoutCertificate

SUSPEND_OR_NONE = validate.OneOf(get_args(OnCertificateEnd))


def whole_number(meaning: str, least: int = 0) -> fields.Integer:
    """A whole number of at least `least`."""
    return fields.Integer(required=True, validate=validate.Range(least, 3650), metadata={"description": meaning})


def consequence(what: str) -> fields.String:
    """Whether an appointment in spite of `what` is refused, or made with a warning."""
    return fields.String(
        required=True,
        validate=validate.OneOf(get_args(Consequence)),
        metadata={"description": f"what {what} means for an appointment"},
    )


class IncidentClock(Schema):
    first_hours = whole_number("hours after it became known within which an incident is reported", least=1)
    province_hours = whole_number("hours within which the province is told", least=1)
    final_days = whole_number("days after the handling was closed within which the final report is made")


class IncidentClocks(Schema):
    I = fields.Nested(IncidentClock, required=True)  # noqa: E741 - the grade's own name
    II = fields.Nested(IncidentClock, required=True)
    III = fields.Nested(IncidentClock, required=True)
    IV = fields.Nested(IncidentClock, required=True)


class BreachRule(Schema):
    consequence = fields.String(
        required=True, validate=validate.OneOf([str(consequence) for consequence in BreachConsequence])
    )
    months = fields.Integer(
        required=True, validate=validate.Range(1, 1200), metadata={"description": "of an exclusion; else of no effect"}
    )


class BreachRules(Schema):
    secrecy = fields.Nested(BreachRule, required=True)
    independence = fields.Nested(BreachRule, required=True)


class RuleSetParameters(Schema):
    experience_years = whole_number("years of quality work that R32 asks for, without a technical title", least=1)
    title_experience_years = whole_number("years of quality work that R32 asks for beside a technical title", least=1)
    review_days = whole_number("days within which a recommendation is reviewed")
    filing_days = whole_number("days within which an appointment is submitted for filing")
    resubmission_days = whole_number("days after a return within which the first day of submission is kept")
    change_filing_working_days = whole_number("working days within which a change is filed")
    vacancy_grace_days = whole_number("days for which a post may be vacant")
    expiring_days = whole_number("days before its end from which a CQO's certificate is listed as expiring")
    appoint_excluded = consequence("an exclusion that stands (R30)")
    appoint_without_declaration = consequence("no declaration of integrity (R30)")
    appoint_without_experience = consequence("too little quality work (R32)")
    appoint_without_education = consequence("hours of continuing education that are missing (R34)")
    appoint_without_certificate = fields.String(
        required=True,
        validate=validate.OneOf(get_args(WithoutCertificate)),
        metadata={"description": "what somebody without a certificate, and so without the exam, means (R23, R31, R33)"},
    )
    appoint_cqo_of_another = consequence("a post that the person already holds, in another enterprise or in this one")
    provisional_days = whole_number("days in which a provisional holder must earn the certificate")
    on_excluded = fields.String(
        required=True,
        validate=validate.OneOf(get_args(OnExcluded)),
        metadata={"description": "what becomes of an appointment whose holder is excluded (R30)"},
    )
    on_certificate_expired = fields.String(required=True, validate=SUSPEND_OR_NONE)
    on_certificate_revoked = fields.String(required=True, validate=SUSPEND_OR_NONE)
    on_certificate_suspended = fields.String(required=True, validate=SUSPEND_OR_NONE)
    continuing_education_hours = whole_number("hours of continuing education a year (R34)")
    duty_plan_days = whole_number("days of the year by which a CQO's plan for it is due (R35-R44)", least=1)
    duty_report_days = whole_number("days of the year after by which a CQO's report of a year is due", least=1)
    duty_least_days = whole_number(
        "days in force in a year, from which on a report of it is asked for; over 366: neither plans nor reports are",
        least=1,
    )
    hazard_days = whole_number("days within which a reported problem or hazard is dealt with (R46)", least=1)
    on_breach = fields.Nested(
        BreachRules, required=True, metadata={"description": "what a confirmed breach brings about (R47, R48)"}
    )
    contact_request_days = whole_number("days within which a member of the pool answers who asks for contact", least=1)
    contact_requests_open = whole_number("requests of an enterprise for contact that may wait for an answer")
    contact_request_again_days = whole_number("days after which an enterprise may ask for the same person again")
    incident_clocks = fields.Nested(IncidentClocks, required=True)
