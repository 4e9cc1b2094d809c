"""What comes in and goes out: HTTP bodies and queries, and the fields this service reads of others' events."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema as EventSchema
from marshmallow import fields, validate

from chassis.http import QuerySchema, Schema
from reporting.domain import coverage, target

POPULATION = validate.OneOf(list(coverage.POPULATIONS))
SHORT = validate.Length(1, 200)
PERCENT = validate.Range(0, 100)


class OnDay(QuerySchema):
    on = fields.Date(metadata={"description": "As of that day; today if left out."})


class CoverageQuery(OnDay):
    population = fields.String(load_default="all", validate=POPULATION)


class RecordQuery(CoverageQuery):
    unit = fields.String(validate=validate.Length(1, 20))
    state = fields.String(validate=validate.OneOf([coverage.IN_FORCE, coverage.SUSPENDED, coverage.NONE]))


class UnitCoverage(Schema):
    unit = fields.String()
    name = fields.String()
    enterprises = fields.Integer()
    in_force = fields.Integer(metadata={"description": "With a CQO whose appointment is in force."})
    suspended = fields.Integer(metadata={"description": "With a CQO whose appointment is suspended."})
    percent = fields.Float(
        allow_none=True, metadata={"description": "in_force of enterprises; null if there are none."}
    )
    target_percent = fields.Float(allow_none=True)
    gap = fields.Float(allow_none=True, metadata={"description": "Percentage points still to go."})


class CoverageFigures(Schema):
    on = fields.Date()
    population = fields.String()
    units = fields.List(fields.Nested(UnitCoverage))
    total = fields.Nested(UnitCoverage)


class Record(Schema):
    enterprise_id = fields.String()
    name = fields.String()
    division = fields.String()
    unit = fields.String()
    state = fields.String()


class NewTarget(Schema):
    division = fields.String(required=True, validate=validate.Length(1, 20))
    year = fields.Integer(required=True, validate=validate.Range(2013, 2100))
    population = fields.String(required=True, validate=validate.OneOf(target.POPULATIONS))
    percent = fields.Float(required=True, validate=PERCENT)
    document = fields.String(required=True, validate=SHORT)


class TargetRevision(Schema):
    percent = fields.Float(required=True, validate=PERCENT)
    document = fields.String(required=True, validate=SHORT)


class Target(NewTarget):
    id = fields.String()
    version = fields.Integer()


class TargetFilters(QuerySchema):
    year = fields.Integer(validate=validate.Range(2013, 2100))
    population = fields.String(validate=validate.OneOf(target.POPULATIONS))
    division = fields.String(validate=validate.Length(1, 20))


class ByStatus(fields.Dict):
    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.Integer(), **options)


class EnrolmentCount(Schema):
    class_kind = fields.String()
    passed = fields.Boolean()
    number = fields.Integer()


class NoticeCount(Schema):
    kind = fields.String()
    channel = fields.String()
    state = fields.String()
    number = fields.Integer()


class Statistics(Schema):
    on = fields.Date()
    enterprises = fields.Integer()
    certificates = ByStatus()
    talents = ByStatus()
    appointments = ByStatus()
    filings = ByStatus()
    enrolments = fields.List(fields.Nested(EnrolmentCount))
    notices = fields.List(fields.Nested(NoticeCount))


class RuleSetParameters(Schema):
    """Reporting decides nothing by figures yet; its rule set only names what counts as covered."""

    count_suspended_as_covered = fields.Boolean(required=True, validate=validate.Equal(False))


class _Event(EventSchema):
    on = fields.Date(required=True)


class EnterpriseKnown(_Event):
    enterprise_id = fields.String(required=True)
    name = fields.String(required=True)
    division = fields.String(required=True)
    above_threshold = fields.Boolean(required=True)
    award_contender = fields.Boolean(required=True)
    brand_contender = fields.Boolean(required=True)


class AppointmentChanged(_Event):
    appointment_id = fields.String(required=True)
    enterprise_id = fields.String(required=True)
    person_id = fields.String(required=True)


class AppointmentFiled(_Event):
    appointment_id = fields.String(required=True)
    late = fields.Boolean(required=True)


class CertificateIssued(EventSchema):
    certificate_id = fields.String(required=True)
    person_id = fields.String(required=True)
    issued_on = fields.Date(required=True)


class CertificateChanged(_Event):
    certificate_id = fields.String(required=True)
    person_id = fields.String(required=True)


class TalentChanged(_Event):
    person_id = fields.String(required=True)


class ClassScheduled(EventSchema):
    class_id = fields.String(required=True)
    kind = fields.String(required=True)


class EnrolmentCompleted(_Event):
    enrolment_id = fields.String(required=True)
    class_id = fields.String(required=True)
    passed = fields.Boolean(required=True)


class EducationRecorded(_Event):
    person_id = fields.String(required=True)
    year = fields.Integer(required=True)
    total_hours = fields.Float(required=True)
    required_hours = fields.Float(required=True)


class NoticeEnded(_Event):
    notice_id = fields.String(required=True)
    kind = fields.String(required=True)
    channel = fields.String(required=True)


class DivisionPlaced(EventSchema):
    code = fields.String(required=True)
    name = fields.String(required=True)
    level = fields.String(required=True)
    parent = fields.String(allow_none=True, load_default=None)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(allow_none=True, load_default=None)
    successor = fields.String(allow_none=True, load_default=None)
