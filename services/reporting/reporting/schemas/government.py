"""Plans, campaigns, honours and good practices as they come in and go out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from chassis.http import DayField, QuerySchema, Schema, TextField
from reporting.domain import plans as domain
from reporting.domain.campaigns import CampaignKind, CampaignStatus
from reporting.domain.honours import HonourKind
from reporting.domain.target import PROVINCE
from reporting.queries import government
from reporting.schemas import YEAR, StrEnumField
from reporting.usecases import campaigns, honours, plans, practices

INDUSTRY = "^[A-T][0-9]{2,4}$"
INDUSTRY_BEGINNING = "^[A-T][0-9]{0,4}$"


def industry_field(pattern: str, **options: Any) -> TextField:  # Any: marshmallow's options
    """An industry code of GB/T 4754, or the beginning of one."""
    return TextField(5, pattern=pattern, validate=validate.Regexp(pattern), **options)


def division_field(description: str) -> TextField:
    """A division's code; the province's if left out."""
    return TextField(20, load_default=PROVINCE, metadata={"description": description})


class Measure(Schema):
    record = domain.Measure

    name = TextField(200, required=True)
    due_on = DayField(required=True)
    done_on = DayField(load_default=None, allow_none=True)


def measures() -> fields.List[Any]:  # Any: what the list holds
    return fields.List(fields.Nested(Measure), required=True, validate=validate.Length(1, 100))


class PlanRevision(Schema):
    record = plans.RevisePlan

    document = TextField(required=True)
    measures = measures()


class NewPlan(Schema):
    record = plans.MakePlan

    division = TextField(20, required=True)
    year = fields.Integer(required=True, validate=YEAR)
    document = TextField(required=True)
    measures = measures()


class Plan(Schema):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    division = fields.String(required=True)
    year = fields.Integer(required=True)
    document = fields.String(required=True)
    measures = fields.List(fields.Nested(Measure), required=True)


class PlanQuery(QuerySchema):
    record = government.PlanFilters

    division = TextField(20)
    year = fields.Integer(validate=YEAR)


class NewCampaign(Schema):
    record = campaigns.AnnounceCampaign

    division = TextField(20, required=True)
    kind = StrEnumField(CampaignKind, required=True)
    title = TextField(200, required=True)
    starts_on = DayField(required=True)
    ends_on = DayField(required=True)
    document = TextField(required=True)


class Campaign(Schema):
    id = fields.String(required=True)
    division = fields.String(required=True)
    kind = StrEnumField(CampaignKind, required=True)
    title = fields.String(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    document = fields.String(required=True)
    status = StrEnumField(CampaignStatus, required=True)


class CampaignQuery(QuerySchema):
    record = government.CampaignFilters

    division = TextField(20)
    kind = StrEnumField(CampaignKind)
    status = StrEnumField(CampaignStatus)
    year = fields.Integer(validate=YEAR)


class TakingPart(Schema):
    record = campaigns.TakingPart

    enterprise_id = TextField(64, required=True)
    person_id = TextField(64, required=True, metadata={"description": "its CQO on the day on which it starts"})


class NewParticipants(Schema):
    record = campaigns.EnterParticipants

    items = fields.List(fields.Nested(TakingPart), required=True, validate=validate.Length(1, 500))


class Participant(Schema):
    campaign_id = fields.String(required=True)
    enterprise_id = fields.String(required=True)
    person_id = fields.String(required=True)
    result = fields.String(allow_none=True, metadata={"description": "null where nothing came of it (yet)"})


class Participants(Schema):
    items = fields.List(fields.Nested(Participant), required=True)


class Result(Schema):
    record = campaigns.Result

    enterprise_id = TextField(64, required=True)
    result = TextField(1000, required=True)


class Closing(Schema):
    record = campaigns.CloseCampaign

    results = fields.List(fields.Nested(Result), load_default=list, validate=validate.Length(max=500))


class Cancelling(Schema):
    record = campaigns.CancelCampaign

    reason = TextField(required=True)


class NewHonour(Schema):
    record = honours.GiveHonour

    division = TextField(
        20, load_default=PROVINCE, metadata={"description": "whose honour it is; the province's if left out"}
    )
    kind = StrEnumField(HonourKind, required=True)
    enterprise_id = TextField(64, required=True)
    person_id = TextField(64, load_default=None, allow_none=True, metadata={"description": "of an excellent CQO"})
    industry = industry_field(INDUSTRY, load_default=None, allow_none=True, metadata={"description": "of a benchmark"})
    title = TextField(200, required=True)
    document = TextField(required=True)
    valid_from = DayField(required=True)
    valid_until = DayField(load_default=None, allow_none=True)


class Honour(Schema):
    id = fields.String(required=True)
    division = fields.String(required=True)
    kind = StrEnumField(HonourKind, required=True)
    enterprise_id = fields.String(required=True)
    person_id = fields.String(required=True, allow_none=True)
    industry = fields.String(required=True, allow_none=True)
    title = fields.String(required=True)
    document = fields.String(required=True)
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True, allow_none=True)
    withdrawn_on = fields.Date(required=True, allow_none=True)


class HonourQuery(QuerySchema):
    record = government.HonourFilters

    kind = StrEnumField(HonourKind)
    enterprise_id = TextField(64)
    person_id = TextField(64)
    industry = industry_field(INDUSTRY)
    on = DayField(metadata={"description": "Those that hold on that day; today if left out."})


class HonourWithdrawal(Schema):
    record = honours.WithdrawHonour

    reason = TextField(required=True)
    document = TextField(required=True)


class NewPractice(Schema):
    record = practices.PublishPractice

    division = TextField(
        20, load_default=PROVINCE, metadata={"description": "in whose library; the province's if left out"}
    )
    enterprise_id = TextField(64, required=True)
    industry = industry_field(INDUSTRY, required=True)
    title = TextField(200, required=True)
    paragraphs = fields.List(TextField(2000), required=True, validate=validate.Length(1, 100))


class Practice(Schema):
    id = fields.String(required=True)
    division = fields.String(required=True)
    enterprise_id = fields.String(required=True)
    industry = fields.String(required=True)
    title = fields.String(required=True)
    paragraphs = fields.List(fields.String(), required=True)
    published_on = fields.Date(required=True)
    withdrawn_on = fields.Date(required=True, allow_none=True)


class PracticeQuery(QuerySchema):
    record = government.PracticeFilters

    division = TextField(20)
    enterprise_id = TextField(64)
    industry = industry_field(INDUSTRY_BEGINNING, metadata={"description": "the code, or its beginning"})
    title = TextField(100, metadata={"description": "a part of it"})


class PracticeWithdrawal(Schema):
    record = practices.WithdrawPractice

    reason = TextField(required=True)
