"""Bodies, queries and answers about plans, classes and those enrolled."""

from __future__ import annotations

from collections import Counter
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from chassis.http import DayField, QuerySchema, Schema, TextField
from training import queries
from training.domain import training_class
from training.domain.training_class import BLOCKS, ClassKind, ClassMode, ClassStatus
from training.schemas.common import Criterion, RuleSetCited, id_field, word_field
from training.usecases import class_changes, classes, plans, results


class Block(Schema):
    record = training_class.Block

    name = TextField(required=True)
    hours = fields.Float(required=True, validate=validate.Range(0, 1000, min_inclusive=False))
    trainer = TextField(required=True, metadata={"description": "By name; of a trainer of the pool the name there."})


class NewBlock(Block):
    trainer = TextField(
        load_default="",
        metadata={"description": "By name, where the class names no trainer of the pool for the block."},
    )


def _trainers(**options: Any) -> fields.Dict:  # Any: marshmallow's options
    return fields.Dict(
        keys=TextField(),
        values=id_field(),
        validate=validate.Length(0, 20),
        metadata={"description": "The ids of trainers of the pool (R6), by block."},
        **options,
    )


class SessionFields(Schema):
    """What a session is given and shown with."""

    on = DayField(required=True)
    block = TextField(required=True)
    hours = fields.Float(required=True, validate=validate.Range(0, 24, min_inclusive=False))


class NewSession(SessionFields):
    record = classes.NewSession


class Session(SessionFields):
    number = fields.Integer()


class NewClass(Schema):
    record = classes.ScheduleClass

    name = TextField(required=True)
    kind = word_field(ClassKind, required=True)
    starts_on = DayField(required=True)
    ends_on = DayField(required=True)
    capacity = fields.Integer(required=True, validate=validate.Range(1, 5000))
    blocks = fields.List(fields.Nested(NewBlock), required=True, validate=validate.Length(1, 20))
    sessions = fields.List(
        fields.Nested(NewSession),
        validate=validate.Length(0, 200),
        metadata={
            "description": "The sittings, by which attendance is then entered. A continuing class over the turn of a "
            "year must name them: hours count for the year in which they are taken (R34)."
        },
    )
    quotas = fields.Dict(
        keys=TextField(12),
        values=fields.Integer(strict=True, validate=validate.Range(0, 5000)),
        validate=validate.Length(0, 100),
        metadata={"description": "Places by division's code (R61); who lies in none shares what capacity leaves."},
    )
    quotas_until = DayField(
        metadata={"description": "The last day for which they are kept; by the rule set, if left out."}
    )
    mode = word_field(ClassMode, metadata={"description": "on_site, online or mixed; on_site if left out"})
    venue = TextField(500, metadata={"description": "The address, where no venue_id is given; not of an online class."})
    venue_id = id_field(metadata={"description": "The venue; the class has no more places than that has seats."})
    link = TextField(500, metadata={"description": "How an online or mixed class is joined."})
    trainers = _trainers()

    @validates_schema
    def check(self, data: dict[str, Any], **_: object) -> None:  # Any: a field of each type
        if data["ends_on"] < data["starts_on"]:
            raise ValidationError("The class ends before it starts.", "ends_on")
        if data.get("quotas_until") and data["quotas_until"] > data["starts_on"]:
            raise ValidationError("Places are kept until the first day at the latest.", "quotas_until")
        if "venue" in data and "venue_id" in data:
            raise ValidationError("Name either the venue or an address.", "venue")
        names = [block.name for block in data["blocks"]]
        if any(not block.trainer and block.name not in data.get("trainers", {}) for block in data["blocks"]):
            raise ValidationError("Name the trainer of each block, or one of the pool in `trainers`.", "blocks")
        if len(set(names)) < len(names):
            raise ValidationError("A block is named twice.", "blocks")
        missing = [name for name in BLOCKS if name not in names]
        if data["kind"] == ClassKind.INITIAL and missing:
            raise ValidationError(
                f"An initial class covers the three blocks (R56); missing: {', '.join(missing)}.", "blocks"
            )

    @validates_schema
    def check_sessions(self, data: dict[str, Any], **_: object) -> None:  # Any: a field of each type
        sessions = data.get("sessions", ())
        if not sessions:
            if data["kind"] == ClassKind.CONTINUING and data["starts_on"].year != data["ends_on"].year:
                raise ValidationError(
                    "A continuing class over the turn of a year names its sessions (R34).", "sessions"
                )
            return
        if any(not data["starts_on"] <= each.on <= data["ends_on"] for each in sessions):
            raise ValidationError("A session lies outside the days of the class.", "sessions")
        offered = Counter[str]()
        for each in sessions:
            offered[each.block] += each.hours
        if offered != {block.name: block.hours for block in data["blocks"]}:
            raise ValidationError("The sessions of each block must add up to the hours of the block.", "sessions")


class ClassWarning(Schema):
    code = fields.String(metadata={"description": "trainer_outside_pool, venue_taken or no_plan"})
    about = fields.List(
        fields.String(), metadata={"description": "The blocks, the other classes at the venue, or the year."}
    )


class Class(Schema):
    id = fields.String()
    version = fields.Integer()
    name = fields.String()
    kind = fields.String()
    starts_on = fields.Date()
    ends_on = fields.Date()
    capacity = fields.Integer()
    blocks = fields.List(fields.Nested(Block))
    sessions = fields.List(fields.Nested(Session))
    quotas = fields.Dict(keys=fields.String(), values=fields.Integer())
    quotas_until = fields.Date(allow_none=True)
    syllabus = fields.String(allow_none=True, metadata={"description": "Its edition in the plan (R55)."})
    focus = fields.String(allow_none=True, metadata={"description": "The year's, in the plan (R57)."})
    plan_revision = fields.Integer(
        allow_none=True, metadata={"description": "Of the year's plan when the class was scheduled."}
    )
    ruleset = fields.Integer(allow_none=True, metadata={"description": "By which it was announced, and is judged."})
    hours = fields.Float()
    mode = fields.String()
    venue = fields.String(allow_none=True)
    venue_id = fields.String(allow_none=True)
    link = fields.String(allow_none=True)
    trainers = fields.Dict(keys=fields.String(), values=fields.String(), metadata={"description": "By block."})
    warnings = fields.List(fields.Nested(ClassWarning))
    status = fields.String(metadata={"description": "open, closed or cancelled"})
    closed_on = fields.Date(allow_none=True)
    invited_on = fields.Date(
        allow_none=True, metadata={"description": "When those enrolled were told when and where it begins."}
    )


class ClassChanges(Schema):
    record = class_changes.ChangeClass

    reason = TextField(required=True, metadata={"description": "Told to everybody nominated, if days or venue change."})
    starts_on = DayField()
    ends_on = DayField()
    sessions = fields.List(fields.Nested(NewSession), validate=validate.Length(0, 200))
    mode = word_field(ClassMode)
    venue = TextField(500, allow_none=True)
    venue_id = id_field(allow_none=True)
    link = TextField(500, allow_none=True)
    trainers = _trainers()
    capacity = fields.Integer(validate=validate.Range(1, 5000))

    @validates_schema
    def check(self, data: dict[str, Any], **_: object) -> None:  # Any: a field of each type
        if data.get("venue") and data.get("venue_id"):
            raise ValidationError("Name either the venue or an address.", "venue")


class Cancellation(Schema):
    record = class_changes.CancelClass

    reason = TextField(required=True, metadata={"description": "Told to everybody nominated."})


class ClassFilters(QuerySchema):
    record = queries.ClassFilters

    status = word_field(ClassStatus)
    kind = word_field(ClassKind)


class Attendance(Schema):
    record = results.Attendance

    person_id = id_field(required=True)
    block = TextField(metadata={"description": "Of a class without sessions."})
    session = fields.Integer(
        validate=validate.Range(1, 200),
        metadata={"description": "The number of the session, of a class that has some."},
    )
    hours = fields.Float(required=True, validate=validate.Range(0, 1000))

    @validates_schema
    def check(self, data: dict[str, Any], **_: object) -> None:  # Any: a field of each type
        if ("block" in data) == ("session" in data):
            raise ValidationError("Name either the block or the session.", "session")


class AttendanceList(Schema):
    record = results.RecordAttendance

    items = fields.List(fields.Nested(Attendance), required=True, validate=validate.Length(1, 3000))


class Score(Schema):
    record = results.Score

    person_id = id_field(required=True)
    sitting = fields.Integer(load_default=1, validate=validate.Range(1, 10))
    score = fields.Float(required=True, validate=validate.Range(0, 100))


class ScoreList(Schema):
    record = results.RecordExam

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
    version = fields.Integer()
    class_id = fields.String()
    person_id = fields.String()
    enterprise_id = fields.String(allow_none=True)
    division = fields.String()
    hours = fields.Dict(keys=fields.String(), values=fields.Float())
    attended = fields.Dict(keys=fields.String(), values=fields.Float(), metadata={"description": "By session."})
    scores = fields.Dict(keys=fields.String(), values=fields.Float(), metadata={"description": "By sitting."})
    passed = fields.Boolean(allow_none=True)
    shortfalls = fields.List(fields.String(), metadata={"description": "What kept the person from passing."})
    completed_on = fields.Date(allow_none=True)
    ruleset = fields.Integer(allow_none=True)


class EnrolmentExplained(Schema):
    """Why somebody passed or not; before the class is closed, how they stand by the rules it was announced by."""

    enrolment_id = fields.String()
    person_id = fields.String()
    class_id = fields.String()
    passed = fields.Boolean(allow_none=True)
    decided_on = fields.Date(allow_none=True)
    syllabus = fields.String(allow_none=True)
    ruleset = fields.Nested(RuleSetCited)
    criteria = fields.List(fields.Nested(Criterion))


class NewPlan(Schema):
    record = plans.DecidePlan

    year = fields.Integer(required=True, validate=validate.Range(2013, 2100))
    focus = TextField(2000, required=True)
    syllabus = TextField(required=True, metadata={"description": "The national syllabus and its edition (R55)."})
    continuing_syllabus = TextField(
        allow_none=True, metadata={"description": "That of continuing classes, where it is another one."}
    )
    document = TextField(required=True)


class Plan(NewPlan):
    revision = fields.Integer()
    decided_on = fields.Date()


class PlanFilters(QuerySchema):
    record = queries.PlanFilters

    year = fields.Integer(validate=validate.Range(2013, 2100))
