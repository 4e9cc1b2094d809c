"""Bodies and answers about outcomes that are judged again, and appeals against them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from chassis.http import QuerySchema, Schema, TextField
from training import queries
from training.domain.appeal import AppealStatus
from training.schemas.common import word_field
from training.usecases import appeals, revisions


class Resit(Schema):
    record = revisions.Resit

    score = fields.Float(required=True, validate=validate.Range(0, 100))


class CorrectedHours(Schema):
    record = revisions.CorrectedHours

    block = TextField(metadata={"description": "Of a class without sessions."})
    session = fields.Integer(validate=validate.Range(1, 200))
    hours = fields.Float(required=True, validate=validate.Range(0, 1000))

    @validates_schema
    def check(self, data: dict[str, Any], **_: object) -> None:  # Any: a field of each type
        if ("block" in data) == ("session" in data):
            raise ValidationError("Name either the block or the session.", "session")


class CorrectedScore(Schema):
    record = revisions.CorrectedScore

    sitting = fields.Integer(required=True, validate=validate.Range(1, 10))
    score = fields.Float(required=True, validate=validate.Range(0, 100))


class Correction(Schema):
    record = revisions.Correct

    reason = TextField(required=True)
    document = TextField(required=True)
    attendance = fields.List(fields.Nested(CorrectedHours), validate=validate.Length(0, 200))
    scores = fields.List(fields.Nested(CorrectedScore), validate=validate.Length(0, 10))

    @validates_schema
    def check(self, data: dict[str, Any], **_: object) -> None:  # Any: a field of each type
        if not data.get("attendance") and not data.get("scores"):
            raise ValidationError("Say which hours or which score are to be corrected.", "scores")


class NewAppeal(Schema):
    record = appeals.SubmitAppeal

    grounds = TextField(2000, required=True)


class AppealDecision(Schema):
    record = appeals.DecideAppeal

    upheld = fields.Boolean(required=True)
    decision = TextField(2000, required=True)
    document = TextField(required=True)


class Appeal(Schema):
    id = fields.String()
    version = fields.Integer()
    enrolment_id = fields.String()
    class_id = fields.String()
    person_id = fields.String()
    enterprise_id = fields.String(allow_none=True)
    division = fields.String()
    grounds = fields.String()
    submitted_on = fields.Date()
    status = fields.String(metadata={"description": "open, upheld or dismissed"})
    decided_on = fields.Date(allow_none=True)
    decision = fields.String(allow_none=True)
    document = fields.String(allow_none=True)


class AppealFilters(QuerySchema):
    record = queries.AppealFilters

    status = word_field(AppealStatus)
