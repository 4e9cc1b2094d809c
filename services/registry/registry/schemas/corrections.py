"""Corrections that enterprises propose."""

from __future__ import annotations

from marshmallow import fields

from chassis.http import DayField, QuerySchema, Schema, TextField
from registry import queries
from registry.domain.correction import CorrectionState
from registry.schemas.common import Choice, division_field, flag, id_field, industry_field
from registry.usecases.corrections import DecideCorrection, ProposeCorrection


class NewCorrection(Schema):
    record = ProposeCorrection

    reason = TextField(500, required=True)
    name = TextField()
    industry = industry_field(metadata={"example": "C36"})
    legal_representative = TextField()
    responsible_person = TextField(allow_none=True)
    registered_on = DayField()
    leads_since = DayField(metadata={"description": "the first day of a new representative or responsible person"})


class CorrectionDecision(Schema):
    record = DecideCorrection

    accept = flag(required=True)
    answer = TextField(500, load_default=None, allow_none=True, metadata={"description": "needed to refuse it"})


class Correction(Schema):
    id = fields.String(required=True)
    enterprise_id = fields.String(required=True)
    division = fields.String(required=True)
    changes = fields.Dict(keys=fields.String(), required=True, metadata={"description": "what is to change"})
    reason = fields.String(required=True)
    proposed_on = fields.Date(required=True)
    state = fields.String(required=True)
    decided_on = fields.Date(required=True, allow_none=True)
    answer = fields.String(required=True, allow_none=True)


class CorrectionFilters(QuerySchema):
    record = queries.CorrectionFilters

    division = division_field()
    enterprise_id = id_field()
    state = Choice(CorrectionState)
