"""Bodies and answers about the yearly ledger of continuing education."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import QuerySchema, Schema, TextField
from training import queries
from training.schemas.common import id_field
from training.usecases import education


class NewEducation(Schema):
    record = education.HoursTaken

    person_id = id_field(required=True)
    year = fields.Integer(required=True, validate=validate.Range(2013, 2100))
    hours = fields.Float(
        required=True,
        validate=[validate.Range(-1000, 1000), validate.NoneOf([0])],
        metadata={"description": "Negative where a document corrects hours that were entered wrongly."},
    )
    document = TextField(required=True)


class NewEducationList(Schema):
    record = education.RecordEducation

    items = fields.List(fields.Nested(NewEducation), required=True, validate=validate.Length(1, 3000))


class Exemption(Schema):
    record = education.Exempt

    reason = TextField(required=True, metadata={"description": "Kept in the ledger; not in the event."})
    document = TextField(required=True)


class Recorded(Schema):
    recorded = fields.Integer()
    unchanged = fields.Integer()


class EducationYear(Schema):
    person_id = fields.String()
    year = fields.Integer()
    total_hours = fields.Float()
    exempted_by = fields.String(allow_none=True, metadata={"description": "The document; the year asks for no hours."})


class Shortfall(Schema):
    person_id = fields.String()
    enterprise_id = fields.String(allow_none=True)
    division = fields.String()
    year = fields.Integer()
    total_hours = fields.Float(metadata={"description": "On the day of the forecast."})
    required_hours = fields.Float()
    on = fields.Date()


class ShortfallFilters(QuerySchema):
    record = queries.ShortfallFilters

    year = fields.Integer(validate=validate.Range(2013, 2100))
