"""What comes in and goes out over HTTP. Each schema of a body or a query names the record that it loads."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from marshmallow import fields, validate

from chassis.http import DayField, QuerySchema, Schema, TextField
from reporting import queries
from reporting.domain.coverage import Population, PostState
from reporting.domain.target import TargetPopulation
from reporting.usecases import targets

PERCENT = validate.Range(0, 100)
YEAR = validate.Range(2013, 2100)


class StrEnumField(fields.Enum[StrEnum]):
    """A text that is one of the members of a StrEnum."""

    def __init__(self, members: type[StrEnum], **options: Any) -> None:  # Any: marshmallow's options of a field
        super().__init__(members, by_value=fields.String, **options)


class CountsByStatus(fields.Dict):
    """Numbers, by the status that they count."""

    def __init__(self) -> None:
        super().__init__(keys=fields.String(), values=fields.Integer())


class OnDay(QuerySchema):
    record = queries.OnDay

    on = DayField(metadata={"description": "As of that day; today if left out."})


class CoverageQuery(OnDay):
    record = queries.CoverageFilters

    population = StrEnumField(Population, load_default=Population.ALL)


class RecordQuery(CoverageQuery):
    record = queries.RecordFilters

    unit = TextField(20)
    state = StrEnumField(PostState)


class UnitCoverage(Schema):
    unit = fields.String()
    name = fields.String()
    enterprises = fields.Integer()
    active = fields.Integer(metadata={"description": "With a CQO whose appointment is active."})
    suspended = fields.Integer(metadata={"description": "With a CQO whose appointment is suspended."})
    covered = fields.Integer(metadata={"description": "active, and suspended if the day's rule set counts them."})
    percent = fields.Float(
        allow_none=True,
        metadata={
            "description": "covered of enterprises, never rounded to a goal that is not met; null if there are none."
        },
    )
    target_percent = fields.Float(allow_none=True)
    gap = fields.Float(
        allow_none=True, metadata={"description": "Percentage points still to go; above 0 where the target is not met."}
    )
    reached = fields.Boolean(allow_none=True, metadata={"description": "Whether the target is met, by the counts."})


class CoverageFigures(Schema):
    on = fields.Date()
    population = StrEnumField(Population)
    units = fields.List(fields.Nested(UnitCoverage))
    total = fields.Nested(UnitCoverage)


class CoverageRecord(Schema):
    enterprise_id = fields.String()
    name = fields.String()
    division = fields.String()
    unit = fields.String()
    state = StrEnumField(PostState)


def raise_lower() -> fields.Boolean:
    description = "Whether targets of divisions below that would lie under this one are raised to it, by its document."
    return fields.Boolean(truthy={True}, falsy={False}, load_default=False, metadata={"description": description})


class NewTarget(Schema):
    record = targets.SetTarget

    division = TextField(20, required=True)
    year = fields.Integer(required=True, validate=YEAR)
    population = StrEnumField(TargetPopulation, required=True)
    percent = fields.Float(required=True, validate=PERCENT)
    document = TextField(required=True)
    raise_lower = raise_lower()


class TargetRevision(Schema):
    record = targets.ReviseTarget

    percent = fields.Float(required=True, validate=PERCENT)
    document = TextField(required=True)
    raise_lower = raise_lower()


class Target(Schema):
    id = fields.String()
    division = fields.String(required=True)
    year = fields.Integer(required=True)
    population = StrEnumField(TargetPopulation, required=True)
    percent = fields.Float(required=True)
    document = fields.String(required=True)
    version = fields.Integer()


class TargetQuery(QuerySchema):
    record = queries.TargetFilters

    year = fields.Integer(validate=YEAR)
    population = StrEnumField(TargetPopulation)
    division = TextField(20)


class FilingCounts(Schema):
    in_time = fields.Integer()
    late = fields.Integer()


class EnrolmentCount(Schema):
    class_kind = fields.String()
    passed = fields.Boolean()
    number = fields.Integer()


class EducationCount(Schema):
    year = fields.Integer()
    reached = fields.Integer(metadata={"description": "People who had reached the hours asked of them (R34)."})
    behind = fields.Integer(metadata={"description": "People who took some, and not yet all."})


class DeliveryCount(Schema):
    kind = fields.String()
    channel = fields.String()
    state = fields.String()
    number = fields.Integer()


class Statistics(Schema):
    on = fields.Date()
    enterprises = fields.Integer()
    certificates = CountsByStatus()
    talents = CountsByStatus()
    appointments = CountsByStatus()
    filings = fields.Nested(FilingCounts)
    enrolments = fields.List(fields.Nested(EnrolmentCount))
    deliveries = fields.List(fields.Nested(DeliveryCount))
    education = fields.List(fields.Nested(EducationCount))


class RuleSetParameters(Schema):
    count_suspended_as_covered = fields.Boolean(
        truthy={True},
        falsy={False},
        required=True,
        metadata={"description": "whether an enterprise whose CQO is suspended counts as covered"},
    )
