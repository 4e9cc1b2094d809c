"""The talent pool, posts and appointments."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import DayField, QuerySchema, Schema, TextField
from registry import queries
from registry.domain import candidacy
from registry.domain.appointment import AppointmentStatus, Capacity
from registry.domain.departments import Department
from registry.domain.talent import TalentStatus
from registry.schemas.common import (
    Choice,
    OnDay,
    division_field,
    flag,
    id_field,
    industry_beginning_field,
    query_flag,
)
from registry.usecases.appoint import Appoint
from registry.usecases.end_appointment import EndAppointment
from registry.usecases.file_appointment import FileAppointment, ReturnFiling, SubmitFiling
from registry.usecases.open_post import OpenPost


class TalentFilters(OnDay):
    record = queries.TalentFilters

    division = division_field()
    status = Choice(TalentStatus)
    available = query_flag(metadata={"description": "held no post on that day"})
    q = TextField(100)


class Talent(Schema):
    person_id = fields.String(required=True)
    name = fields.String(required=True)
    division = fields.String(required=True)
    status = fields.String(required=True)
    since = fields.Date(required=True)
    reason = fields.String(allow_none=True)
    certificate_id = fields.String(required=True)
    valid_until = fields.Date(required=True)
    admitted_on = fields.Date(required=True)
    appointed = fields.Boolean(required=True)


class PoolFilters(QuerySchema):
    record = queries.PoolFilters

    division = division_field()
    industry = industry_beginning_field()
    title = TextField(100, metadata={"description": "words in the technical title", "example": "焊接"})
    degree = TextField(metadata={"example": "硕士"})
    quality_years = fields.Integer(validate=validate.Range(0, 60), metadata={"description": "at least so many"})
    available = query_flag(metadata={"description": "holds no post today"})
    valid_on = DayField(metadata={"description": "a day on which the certificate is still to be valid"})


class Offered(Schema):
    person_id = fields.String(required=True)
    name = fields.String(required=True, metadata={"description": "masked, but of your own people", "example": "李*"})
    division = fields.String(required=True)
    industry = fields.String(allow_none=True, metadata={"description": "of the enterprise that employs them"})
    title = fields.String(allow_none=True)
    degree = fields.String(allow_none=True)
    quality_years = fields.Integer(allow_none=True)
    admitted_on = fields.Date(required=True)
    valid_until = fields.Date(required=True)
    available = fields.Boolean(required=True)


class NewPost(Schema):
    record = OpenPost

    title = TextField(required=True)
    decision_level = flag(load_default=True)
    departments = fields.List(TextField(50), validate=validate.Length(max=20))
    department_keys = fields.Dict(
        keys=Choice(Department),
        values=TextField(50),
        metadata={"description": "the enterprise's own names, where they don't tell which department it is (R27)"},
    )


class Post(Schema):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    enterprise_id = fields.String(required=True)
    division = fields.String(required=True)
    title = fields.String(required=True)
    decision_level = fields.Boolean(required=True)
    departments = fields.List(fields.String(), required=True)
    department_keys = fields.Dict(keys=fields.String(), values=fields.String())
    opened_on = fields.Date(required=True)
    vacant = fields.Boolean()
    appointment_id = fields.String(allow_none=True)


class PostFilters(QuerySchema):
    record = queries.PostFilters

    division = division_field()
    enterprise_id = id_field()
    vacant = query_flag()


class AppointedBy(Schema):
    record = candidacy.AppointedBy

    name = TextField(required=True)
    capacity = Choice(Capacity, required=True)


class Document(Schema):
    record = candidacy.Document

    number = TextField(required=True)
    date = DayField(required=True)


class NewAppointment(Schema):
    record = Appoint

    post_id = id_field(required=True)
    person_id = id_field(required=True)
    appointed_on = DayField(required=True)
    appointed_by = fields.Nested(AppointedBy, required=True)
    document = fields.Nested(Document, required=True)
    authorisation = TextField(
        2000, required=True, metadata={"description": "the written authorisation, or its number (R25)"}
    )
    position = TextField(required=True, metadata={"example": "副总经理"})
    decision_level = flag(required=True, metadata={"description": "false is accepted with a warning (R26)"})
    departments = fields.List(TextField(50), validate=validate.Length(max=20))
    department_keys = fields.Dict(
        keys=Choice(Department),
        values=TextField(50),
        metadata={"description": "the enterprise's own names, where they don't tell which department it is (R27)"},
    )


class AppointmentWarning(Schema):
    rule = fields.String(required=True)
    message = fields.String(required=True)


class Appointment(Schema):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    enterprise_id = fields.String(required=True)
    person_id = fields.String(required=True)
    post_id = fields.String(required=True)
    division = fields.String(required=True)
    position = fields.String(required=True)
    decision_level = fields.Boolean(required=True)
    departments = fields.List(fields.String(), required=True)
    department_keys = fields.Dict(keys=fields.String(), values=fields.String())
    appointed_on = fields.Date(required=True)
    appointed_by = fields.Nested(AppointedBy, required=True)
    document = fields.Nested(Document, required=True)
    authorisation = fields.String(required=True)
    status = fields.String(required=True, metadata={"description": "active, suspended or ended"})
    since = fields.Date(metadata={"description": "when the status began; in lists"})
    reason = fields.String(allow_none=True)
    causes = fields.List(fields.String(), required=True)
    ruleset = fields.Integer(required=True)
    warnings = fields.List(fields.Nested(AppointmentWarning), required=True)
    provisional_until = fields.Date(allow_none=True)
    filing_due_on = fields.Date(required=True)
    filing = fields.String(required=True, metadata={"description": "owed, submitted, returned or filed"})
    submitted_on = fields.Date(allow_none=True, metadata={"description": "the day of submission that counts"})
    returned_on = fields.Date(allow_none=True)
    return_reason = fields.String(allow_none=True)
    resubmit_by = fields.Date(
        allow_none=True, metadata={"description": "the last day on which the day of submission is kept"}
    )
    filed_on = fields.Date(allow_none=True)
    filing_number = fields.String(allow_none=True)
    filed_late = fields.Boolean(allow_none=True)
    ended_on = fields.Date(allow_none=True, metadata={"description": "the last day, which still counts"})
    end_reason = fields.String(allow_none=True)


class AppointmentHistory(Schema):
    on = fields.Date(required=True)
    status = fields.String(required=True)
    reason = fields.String(allow_none=True)
    ruleset = fields.Integer(allow_none=True)


class AppointmentWithHistory(Appointment):
    history = fields.List(fields.Nested(AppointmentHistory), required=True)


class AppointmentFilters(OnDay):
    record = queries.AppointmentFilters

    division = division_field()
    enterprise_id = id_field()
    person_id = id_field()
    post_id = id_field()
    status = Choice(AppointmentStatus)
    filed = query_flag()
    filed_late = query_flag()


class Submission(Schema):
    record = SubmitFiling

    submitted_on = DayField(
        allow_none=True, metadata={"description": "today if left out; an earlier day is for the bureau to enter"}
    )


class Returning(Schema):
    record = ReturnFiling

    reason = TextField(500, required=True)


class Filing(Schema):
    record = FileAppointment

    filed_on = DayField(required=True)
    number = TextField(load_default=None, allow_none=True, metadata={"description": "the next of ours if left out"})


class Ending(Schema):
    record = EndAppointment

    on = DayField(required=True, metadata={"description": "the last day of the appointment, which still counts"})
    reason = TextField(500, required=True)
