"""Breaches of the rules of conduct."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import DayField, Schema, TextField
from registry import queries
from registry.domain.breach import BreachConsequence, BreachKind, BreachStatus
from registry.schemas.common import Choice, flag
from registry.schemas.office import OfOffice, OfOfficeFilters
from registry.usecases import breaches


class NewBreach(Schema):
    record = breaches.EnterBreach

    kind = Choice(BreachKind, required=True)
    happened_on = DayField(required=True)
    facts = TextField(4000, required=True, metadata={"description": "shown to those concerned only, and in no event"})
    document = TextField(required=True, metadata={"example": "示例查〔2026〕3号"})


class BreachReview(Schema):
    record = breaches.ReviewBreach

    confirmed = flag(required=True)
    document = TextField(required=True, metadata={"description": "by which it is confirmed or dismissed"})


class BreachLifting(Schema):
    record = breaches.LiftBreach

    on = DayField(required=True, metadata={"description": "the first day on which it holds no longer"})
    document = TextField(required=True)


class Breach(OfOffice):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    kind = fields.String(required=True, validate=validate.OneOf([str(kind) for kind in BreachKind]))
    happened_on = fields.Date(required=True)
    facts = fields.String(required=True)
    document = fields.String(required=True)
    entered_by = fields.String(required=True)
    entered_on = fields.Date(required=True)
    status = fields.String(required=True, validate=validate.OneOf([str(status) for status in BreachStatus]))
    reviewed_by = fields.String(allow_none=True)
    reviewed_on = fields.Date(allow_none=True)
    review_document = fields.String(allow_none=True)
    consequence = fields.String(
        allow_none=True, validate=validate.OneOf([str(consequence) for consequence in BreachConsequence])
    )
    ruleset = fields.Integer(allow_none=True)
    until = fields.Date(allow_none=True, metadata={"description": "the last day of the exclusion"})
    exclusion_id = fields.String(allow_none=True)
    lifted_on = fields.Date(allow_none=True)
    lift_document = fields.String(allow_none=True)


class BreachFilters(OfOfficeFilters):
    record = queries.BreachFilters

    kind = Choice(BreachKind)
    status = Choice(BreachStatus)
