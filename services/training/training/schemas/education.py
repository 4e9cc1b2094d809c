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
    kind = TextField(
        40,
        metadata={"description": "One of the rule set that holds at the year's end; `class` if left out."},
    )
    evidence = TextField(
        500, metadata={"description": "What was done: the title of a paper, the name and place of a conference."}
    )


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
    total_hours = fields.Float(metadata={"description": "Those that count, by the rules of the year (R34)."})
    required_hours = fields.Float(metadata={"description": "Asked for by the rules of the year; 0 of who is exempt."})
    carried_hours = fields.Float(metadata={"description": "Of total_hours, those taken in the year before."})
    hours_by_kind = fields.Dict(
        keys=fields.String(),
        values=fields.Float(),
        metadata={"description": "Hours taken in the year, whether they count or not."},
    )
    exempted_by = fields.String(allow_none=True, metadata={"description": "The document; the year asks for no hours."})
    completed_on = fields.Date(allow_none=True, metadata={"description": "When what the year asks for was reached."})
    behind_on = fields.Date(
        allow_none=True, metadata={"description": "When it was announced that the year ended without its hours."}
    )


class EducationEntry(Schema):
    hours = fields.Float(metadata={"description": "Negative where it corrects hours entered wrongly; both stay."})
    kind = fields.String()
    document = fields.String()
    evidence = fields.String(allow_none=True)
    on = fields.Date(metadata={"description": "When it was entered."})


class EducationYearWithEntries(EducationYear):
    entries = fields.List(fields.Nested(EducationEntry))


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
