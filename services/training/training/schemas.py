"""What comes in and goes out: HTTP bodies and queries, and the fields this service reads of others' events."""

from __future__ import annotations

from marshmallow import Schema as EventSchema
from marshmallow import ValidationError, fields, validate, validates_schema

from chassis.http import QuerySchema, Schema
from training.domain.course import BLOCKS, CONTINUING, INITIAL

SHORT = validate.Length(1, 200)


def _id(**options: object) -> fields.String:
    return fields.String(validate=validate.Length(1, 64), **options)


class Block(Schema):
    name = fields.String(required=True, validate=SHORT)
    hours = fields.Float(required=True, validate=validate.Range(0, 1000, min_inclusive=False))
    trainer = fields.String(required=True, validate=SHORT)


class NewClass(Schema):
    name = fields.String(required=True, validate=SHORT)
    kind = fields.String(required=True, validate=validate.OneOf([INITIAL, CONTINUING]))
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    capacity = fields.Integer(required=True, validate=validate.Range(1, 5000))
    blocks = fields.List(fields.Nested(Block), required=True, validate=validate.Length(1, 20))

    @validates_schema
    def check(self, data: dict, **_: object) -> None:
        if data["ends_on"] < data["starts_on"]:
            raise ValidationError("The class ends before it starts.", "ends_on")
        names = [block["name"] for block in data["blocks"]]
        if len(set(names)) < len(names):
            raise ValidationError("A block is named twice.", "blocks")
        missing = [name for name in BLOCKS if name not in names]
        if data["kind"] == INITIAL and missing:
            raise ValidationError(f"An initial class covers the three blocks (R56); missing: {', '.join(missing)}.", "blocks")


class Class(Schema):
    id = fields.String()
    version = fields.Integer()
    name = fields.String()
    kind = fields.String()
    starts_on = fields.Date()
    ends_on = fields.Date()
    capacity = fields.Integer()
    blocks = fields.List(fields.Nested(Block))
    hours = fields.Float()
    status = fields.String()
    closed_on = fields.Date(allow_none=True)


class ClassFilters(QuerySchema):
    status = fields.String(validate=validate.OneOf(["open", "closed"]))
    kind = fields.String(validate=validate.OneOf([INITIAL, CONTINUING]))


class NewNomination(Schema):
    enterprise_id = _id(required=True)
    person_id = _id(required=True)


class NewNominations(Schema):
    items = fields.List(fields.Nested(NewNomination), required=True, validate=validate.Length(1, 500))


class NominationResult(Schema):
    enterprise_id = fields.String()
    person_id = fields.String()
    accepted = fields.Boolean()
    nomination_id = fields.String()
    reason = fields.String()
    rule = fields.String(allow_none=True)


class NominationResults(Schema):
    accepted = fields.Integer()
    refused = fields.Integer()
    items = fields.List(fields.Nested(NominationResult))


class Attendance(Schema):
    person_id = _id(required=True)
    block = fields.String(required=True, validate=SHORT)
    hours = fields.Float(required=True, validate=validate.Range(0, 1000))


class AttendanceList(Schema):
    items = fields.List(fields.Nested(Attendance), required=True, validate=validate.Length(1, 3000))


class Score(Schema):
    person_id = _id(required=True)
    sitting = fields.Integer(load_default=1, validate=validate.Range(1, 10))
    score = fields.Float(required=True, validate=validate.Range(0, 100))


class ScoreList(Schema):
    items = fields.List(fields.Nested(Score), required=True, validate=validate.Length(1, 3000))


class Entered(Schema):
    entered = fields.Integer()


class Closed(Schema):
    id = fields.String()
    version = fields.Integer()
    passed = fields.Integer()
    failed = fields.Integer()


class Enrolment(Schema):
    id = fields.String()
    class_id = fields.String()
    person_id = fields.String()
    enterprise_id = fields.String(allow_none=True)
    division = fields.String()
    hours = fields.Dict(keys=fields.String(), values=fields.Float())
    scores = fields.Dict(keys=fields.String(), values=fields.Float(), metadata={"description": "By sitting."})
    passed = fields.Boolean(allow_none=True)
    shortfalls = fields.List(fields.String(), metadata={"description": "What kept the person from passing."})
    completed_on = fields.Date(allow_none=True)
    ruleset = fields.Integer(allow_none=True)


class Certificate(Schema):
    id = fields.String()
    version = fields.Integer()
    number = fields.String()
    person_id = fields.String()
    name = fields.String()
    enterprise_id = fields.String(allow_none=True)
    division = fields.String()
    issued_on = fields.Date()
    valid_from = fields.Date()
    valid_until = fields.Date()
    status = fields.String()
    ruleset = fields.Integer()
    revoked_reason = fields.String(allow_none=True)
    revoked_document = fields.String(allow_none=True)


class CertificateChange(Schema):
    on = fields.Date()
    status = fields.String()
    valid_until = fields.Date()


class CertificateWithHistory(Certificate):
    history = fields.List(fields.Nested(CertificateChange))


class CertificateFilters(QuerySchema):
    status = fields.String(validate=validate.OneOf(["valid", "expired", "revoked"]))
    person_id = _id()
    enterprise_id = _id()
    number = fields.String(validate=SHORT)
    ends_by = fields.Date(metadata={"description": "Valid no longer than this day."})
    on = fields.Date(metadata={"description": "As they stood on that day; today if left out."})


class Revocation(Schema):
    reason = fields.String(required=True, validate=SHORT)
    document = fields.String(required=True, validate=SHORT)


class NumberQuery(QuerySchema):
    number = fields.String(required=True, validate=SHORT)


class Verification(Schema):
    number = fields.String()
    genuine = fields.Boolean()
    status = fields.String(allow_none=True)
    holder = fields.String(allow_none=True, metadata={"description": "Masked."})
    valid_until = fields.Date(allow_none=True)


class DueQuery(QuerySchema):
    since = fields.Date(metadata={"description": "Due on this day or later."})
    until = fields.Date(metadata={"description": "Due on this day or earlier; today if left out."})


class DueNotice(Schema):
    key = fields.String()
    certificate_id = fields.String()
    days_left = fields.Integer()
    due_on = fields.Date()
    state = fields.String(metadata={"description": "planned, done, superseded or cancelled"})
    event_id = fields.String(allow_none=True, metadata={"description": "The event that announced it."})


class NewEducation(Schema):
    person_id = _id(required=True)
    year = fields.Integer(required=True, validate=validate.Range(2013, 2100))
    hours = fields.Float(required=True, validate=validate.Range(0, 1000, min_inclusive=False))
    document = fields.String(required=True, validate=SHORT)


class NewEducationList(Schema):
    items = fields.List(fields.Nested(NewEducation), required=True, validate=validate.Length(1, 3000))


class Recorded(Schema):
    recorded = fields.Integer()
    unchanged = fields.Integer()


class EducationYear(Schema):
    person_id = fields.String()
    year = fields.Integer()
    total_hours = fields.Float()


class RuleSetParameters(Schema):
    certificate_months = fields.Integer(required=True, validate=validate.Range(1, 240))
    initial_hours = fields.Float(required=True, validate=validate.Range(0, 1000))
    pass_mark = fields.Float(required=True, validate=validate.Range(0, 100))
    resits = fields.Integer(required=True, validate=validate.Range(0, 9))
    attendance_percent = fields.Float(required=True, validate=validate.Range(0, 100))
    continuing_hours = fields.Float(required=True, validate=validate.Range(0, 1000))
    expiry_notice_days = fields.List(
        fields.Integer(validate=validate.Range(0, 365)), required=True, validate=validate.Length(1, 12)
    )
    renewal_before_days = fields.Integer(required=True, validate=validate.Range(0, 1000))
    renewal_after_days = fields.Integer(required=True, validate=validate.Range(0, 3650))


class EnterpriseKnown(EventSchema):
    enterprise_id = fields.String(required=True)
    name = fields.String(required=True)
    division = fields.String(required=True)


class PersonKnown(EventSchema):
    person_id = fields.String(required=True)
    name = fields.String(required=True)
    division = fields.String(required=True)
    enterprise_id = fields.String(allow_none=True, load_default=None)


class DivisionPlaced(EventSchema):
    code = fields.String(required=True)
    name = fields.String(required=True)
    level = fields.String(required=True)
    parent = fields.String(allow_none=True, load_default=None)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(allow_none=True, load_default=None)
    successor = fields.String(allow_none=True, load_default=None)
