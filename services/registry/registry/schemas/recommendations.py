"""Recommendations, their evidence and their review."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import DayField, QuerySchema, Schema, TextField
from registry import queries
from registry.domain import recommendation
from registry.domain.recommendation import CRITERIA, Outcome, RecommendationStatus
from registry.schemas.common import Choice, division_field, flag, id_field, query_flag
from registry.usecases import recommend, review

RULE = validate.OneOf(CRITERIA)


class Declaration(Schema):
    record = recommend.Declaration

    made_on = DayField(required=True)
    document = TextField(required=True)


class EvidenceStated(Schema):
    record = recommend.EvidenceStated

    rule = fields.String(required=True, validate=RULE, metadata={"example": "R32"})
    statement = TextField(1000, required=True, metadata={"example": "2018年起任质量部经理"})
    document = TextField(allow_none=True, metadata={"example": "劳动合同"})


class NewRecommendation(Schema):
    record = recommend.Recommend

    document = TextField(required=True, metadata={"description": "the enterprise's letter of recommendation"})
    declaration = fields.Nested(Declaration, allow_none=True)
    evidence = fields.List(fields.Nested(EvidenceStated), validate=validate.Length(max=20))


class Finding(Schema):
    record = recommendation.Finding

    rule = fields.String(required=True, validate=RULE, metadata={"example": "R32"})
    met = flag(required=True)
    grounds = TextField(1000, required=True, metadata={"description": "what the decision rests on"})


class NewReview(Schema):
    record = review.Review

    findings = fields.List(fields.Nested(Finding), required=True, validate=validate.Length(max=3))
    outcome = Choice(Outcome, required=True)
    remark = TextField(1000, allow_none=True, metadata={"description": "why it is returned or refused"})


class RecommendationWithdrawal(Schema):
    record = recommend.WithdrawRecommendation

    reason = TextField(500, required=True)


class Recommendation(Schema):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    enterprise_id = fields.String(required=True)
    person_id = fields.String(required=True)
    division = fields.String(required=True)
    document = fields.String(required=True)
    recommended_on = fields.Date(required=True)
    review_due_on = fields.Date(required=True)
    status = fields.String(required=True, validate=validate.OneOf([str(status) for status in RecommendationStatus]))
    decided_on = fields.Date(allow_none=True)
    remark = fields.String(allow_none=True)
    ruleset = fields.Integer(required=True)


class StatedEvidence(Schema):
    rule = fields.String(required=True)
    statement = fields.String(required=True)
    document = fields.String(allow_none=True)
    stated_on = fields.Date(required=True)


class Decision(Schema):
    rule = fields.String(required=True)
    met = fields.Boolean(required=True)
    grounds = fields.String(required=True)
    decided_on = fields.Date(required=True)


class RecommendationInFull(Recommendation):
    evidence = fields.List(fields.Nested(StatedEvidence), required=True)
    decisions = fields.List(fields.Nested(Decision), required=True)


class RecommendationFilters(QuerySchema):
    record = queries.RecommendationFilters

    division = division_field()
    enterprise_id = id_field()
    person_id = id_field()
    status = Choice(RecommendationStatus)
    overdue = query_flag(metadata={"description": "whether its review should have been done by now"})
