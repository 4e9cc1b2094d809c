"""Proposals, problems and hazards, public service, grades."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import DayField, Schema, TextField
from registry import queries
from registry.domain.conduct import HazardKind, ProposalDecision
from registry.domain.grade import PerformanceGrade
from registry.schemas.common import Choice, query_flag
from registry.schemas.duties import YEAR
from registry.schemas.office import OfOffice, OfOfficeFilters
from registry.usecases import conduct, grades

MOST_FEN = 10**12


class NewProposal(Schema):
    record = conduct.MakeProposal

    made_on = DayField(required=True)
    addressed_to = TextField(required=True, metadata={"example": "总经理办公会"})
    content = TextField(4000, required=True)


class NewProposalDecision(Schema):
    record = conduct.DecideProposal

    decision = Choice(ProposalDecision, required=True)
    on = DayField(required=True)
    remark = TextField(1000, allow_none=True)


class Proposal(OfOffice):
    id = fields.String(required=True)
    made_on = fields.Date(required=True)
    addressed_to = fields.String(required=True)
    content = fields.String(required=True)
    decision = fields.String(allow_none=True, validate=validate.OneOf([str(each) for each in ProposalDecision]))
    decided_on = fields.Date(allow_none=True)
    remark = fields.String(allow_none=True)


class ProposalFilters(OfOfficeFilters):
    record = queries.ProposalFilters

    decision = Choice(ProposalDecision)
    decided = query_flag()


class NewHazard(Schema):
    record = conduct.ReportHazard

    kind = Choice(HazardKind, required=True)
    found_on = DayField(required=True)
    description = TextField(4000, required=True)
    measure = TextField(4000, allow_none=True, metadata={"description": "what is to be done"})


class HazardClosing(Schema):
    record = conduct.CloseHazard

    on = DayField(required=True)
    measure = TextField(4000, required=True, metadata={"description": "what was done"})


class Hazard(OfOffice):
    id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf([str(kind) for kind in HazardKind]))
    found_on = fields.Date(required=True)
    description = fields.String(required=True)
    measure = fields.String(allow_none=True)
    reported_by = fields.String(required=True)
    reported_on = fields.Date(required=True)
    due_on = fields.Date(required=True)
    ruleset = fields.Integer(required=True)
    closed_on = fields.Date(allow_none=True)


class HazardFilters(OfOfficeFilters):
    record = queries.HazardFilters

    kind = Choice(HazardKind)
    closed = query_flag()
    overdue = query_flag(metadata={"description": "whether it is open past the rule set's days"})


class NewPublicService(Schema):
    record = conduct.RecordService

    activity = TextField(required=True, metadata={"example": "中小企业质量咨询"})
    served_on = DayField(required=True)
    hours = fields.Float(required=True, validate=validate.Range(0, 24, min_inclusive=False))
    evidence = TextField(500, required=True, metadata={"example": "活动照片及签到表"})


class PublicService(OfOffice):
    id = fields.String(required=True)
    activity = fields.String(required=True)
    served_on = fields.Date(required=True)
    hours = fields.Float(required=True)
    evidence = fields.String(required=True)
    recorded_by = fields.String(required=True)
    recorded_on = fields.Date(required=True)


class PublicServiceFilters(OfOfficeFilters):
    record = queries.ServiceFilters

    year = fields.Integer(validate=YEAR)


class ServiceYear(Schema):
    year = fields.Integer(required=True)
    activities = fields.Integer(required=True)
    hours = fields.Float(required=True)


class ServiceYears(Schema):
    items = fields.List(fields.Nested(ServiceYear), required=True)


class NewGrade(Schema):
    record = grades.GradePerformance

    year = fields.Integer(required=True, strict=True, validate=YEAR)
    grade = Choice(PerformanceGrade, required=True, metadata={"description": "优秀, 良好, 合格 or 不合格"})
    document = TextField(required=True)
    allowance_fen = fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(0, MOST_FEN),
        metadata={"description": "the post's allowance for the year, in fen (0.01 yuan)"},
    )


class Grade(OfOffice):
    id = fields.Integer(required=True)
    year = fields.Integer(required=True)
    grade = fields.String(required=True, validate=validate.OneOf([str(grade) for grade in PerformanceGrade]))
    document = fields.String(required=True)
    allowance_fen = fields.Integer(allow_none=True, metadata={"description": "in fen (0.01 yuan)"})
    recorded_by = fields.String(required=True)
    recorded_at = fields.AwareDateTime(required=True)
    corrects = fields.Boolean(required=True, metadata={"description": "a grade of that year was recorded before"})


class Grades(Schema):
    items = fields.List(fields.Nested(Grade), required=True)


class GradeFilters(OfOfficeFilters):
    record = queries.GradeFilters

    year = fields.Integer(validate=YEAR)
    grade = Choice(PerformanceGrade)
    known_on = DayField(metadata={"description": "as it was known on that day; as it is known now if left out"})
