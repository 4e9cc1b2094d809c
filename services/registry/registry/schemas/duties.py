"""The papers of duty records."""

from __future__ import annotations

from collections import Counter

from marshmallow import ValidationError, fields, validate

from chassis.http import Schema, TextField
from registry import queries
from registry.domain.duty import Duty, DutyPaper, DutyStatus
from registry.schemas.common import Choice, query_flag
from registry.schemas.office import OfOffice, OfOfficeFilters
from registry.usecases import duties

YEAR = validate.Range(2013, 2200)
PAPERS = validate.OneOf([str(paper) for paper in DutyPaper])


def once_each(sections: list[duties.SectionText]) -> None:
    """Refuses a duty that has two sections."""
    twice = [str(duty) for duty, times in Counter(section.duty for section in sections).items() if times > 1]
    if twice:
        raise ValidationError(f"More than one section / 同一职责重复填写: {', '.join(twice)}")


class SectionText(Schema):
    record = duties.SectionText

    duty = Choice(Duty, required=True)
    text = TextField(4000, required=True, metadata={"example": "组织内审两次，不符合项全部关闭。"})


class NewDutyReport(Schema):
    record = duties.WriteDutyReport

    year = fields.Integer(required=True, strict=True, validate=YEAR, metadata={"example": 2026})
    paper = Choice(DutyPaper, required=True)
    sections = fields.List(
        fields.Nested(SectionText), required=True, validate=[validate.Length(min=1, max=len(Duty)), once_each]
    )


class DutyReportReturn(Schema):
    record = duties.ReturnDutyReport

    reason = TextField(1000, required=True)


class DutyReport(OfOffice):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    year = fields.Integer(required=True)
    paper = fields.String(required=True, validate=PAPERS)
    due_on = fields.Date(allow_none=True, metadata={"description": "null of a plan that is not asked for"})
    ruleset = fields.Integer(required=True)
    status = fields.String(required=True, validate=validate.OneOf([str(status) for status in DutyStatus]))
    submitted_on = fields.Date(allow_none=True, metadata={"description": "for the first time"})
    late = fields.Boolean(allow_none=True)
    decided_on = fields.Date(allow_none=True)
    return_reason = fields.String(allow_none=True)
    overdue_on = fields.Date(allow_none=True, metadata={"description": "the day on which that was announced"})


class DutySection(Schema):
    duty = fields.String(required=True)
    rule = fields.String(required=True, metadata={"example": "R38"})
    name = fields.String(required=True)
    text = fields.String(required=True)


class DutyRevision(Schema):
    number = fields.Integer(required=True)
    sections = fields.List(fields.Nested(DutySection), required=True)
    written_by = fields.String(required=True)
    written_at = fields.AwareDateTime(required=True)
    submitted_by = fields.String(allow_none=True)
    submitted_at = fields.AwareDateTime(allow_none=True, metadata={"description": "null of a draft"})


class DutyReportInFull(DutyReport):
    revisions = fields.List(fields.Nested(DutyRevision), required=True)


class DutyReportFilters(OfOfficeFilters):
    record = queries.DutyReportFilters

    year = fields.Integer(validate=YEAR)
    paper = Choice(DutyPaper)
    status = Choice(DutyStatus)
    overdue = query_flag(metadata={"description": "whether it is owed and was not submitted by its day"})
