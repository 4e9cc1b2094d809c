"""Incidents and their reports."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import DayField, InstantField, QuerySchema, Schema, TextField
from registry import queries
from registry.domain.incident import Grade, ReportKind
from registry.schemas.common import Choice, division_field, id_field, query_flag
from registry.usecases import incidents


class NewIncident(Schema):
    record = incidents.ReportIncident

    grade = Choice(Grade, required=True)
    subject = TextField(200, required=True, metadata={"example": "压力容器批次不合格"})
    occurred_at = InstantField(required=True)
    known_at = InstantField(required=True, metadata={"description": "when the enterprise came to know of it"})
    content = TextField(4000, required=True, metadata={"description": "the first report"})
    document = TextField(allow_none=True)


class NewIncidentReport(Schema):
    record = incidents.AddReport

    kind = Choice(
        ReportKind,
        required=True,
        metadata={"description": "stage, or final once the handling is closed"},
    )
    content = TextField(4000, required=True)
    document = TextField(allow_none=True)


class IncidentClosing(Schema):
    record = incidents.CloseIncident

    on = DayField(required=True)


class Forwarding(Schema):
    record = incidents.ForwardIncident

    document = TextField(
        allow_none=True, load_default=None, metadata={"description": "under which number it was forwarded (上报文号)"}
    )


class Incident(Schema):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    enterprise_id = fields.String(required=True)
    division = fields.String(required=True)
    person_id = fields.String(allow_none=True, metadata={"description": "the CQO who entered it"})
    grade = fields.String(required=True, validate=validate.OneOf([str(grade) for grade in Grade]))
    subject = fields.String(required=True)
    occurred_at = fields.AwareDateTime(required=True)
    known_at = fields.AwareDateTime(required=True)
    first_due_at = fields.AwareDateTime(required=True)
    ruleset = fields.Integer(required=True)
    closed_on = fields.Date(allow_none=True)
    final_due_on = fields.Date(allow_none=True)
    final_on = fields.Date(allow_none=True)
    province_due_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "by when the province is told; null where it entered the incident"}
    )
    forwarded_at = fields.AwareDateTime(allow_none=True, metadata={"description": "when the province was told"})
    forwarding_document = fields.String(allow_none=True)


class IncidentReport(Schema):
    kind = fields.String(required=True)
    content = fields.String(required=True)
    document = fields.String(allow_none=True)
    reported_at = fields.AwareDateTime(required=True)
    late = fields.Boolean(required=True)


class IncidentWithReports(Incident):
    reports = fields.List(fields.Nested(IncidentReport), required=True)


class IncidentFilters(QuerySchema):
    record = queries.IncidentFilters

    division = division_field()
    enterprise_id = id_field()
    grade = Choice(Grade)
    closed = query_flag()
    overdue = query_flag(metadata={"description": "whether the final report should have been made by now"})
    forwarded = query_flag(metadata={"description": "whether the province has been told"})
