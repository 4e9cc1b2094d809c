"""Enterprises and the imports' outcome."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import DayField, QuerySchema, Schema, TextField
from registry import queries
from registry.domain.recognition import VALUES, RecognitionKind
from registry.schemas.common import (
    Choice,
    division_field,
    email_field,
    flag,
    id_field,
    industry_beginning_field,
    industry_field,
    phone_field,
    query_flag,
    uscc_field,
)
from registry.usecases import enterprises
from registry.usecases.deregister import Deregister
from registry.usecases.recognise import Recognise


class EnterpriseChanges(Schema):
    record = enterprises.EnterpriseChanges

    name = TextField()
    division = division_field(metadata={"description": "the county in which it is supervised today"})
    industry = industry_field(metadata={"example": "C36"})
    above_threshold = flag()
    award_contender = flag()
    brand_contender = flag()
    legal_representative = TextField()
    responsible_person = TextField(allow_none=True)
    registered_on = DayField()
    leads_since = DayField(
        metadata={"description": "the first day of a new representative or responsible person; today if left out"}
    )


class Deregistration(Schema):
    record = Deregister

    on = DayField(required=True, metadata={"description": "its last day"})
    document = TextField(required=True, metadata={"description": "the number of the document it rests on"})
    successor_id = id_field(
        load_default=None, allow_none=True, metadata={"description": "the enterprise that it was merged into"}
    )


class NewEnterprise(Schema):
    record = enterprises.RegisterEnterprise

    uscc = uscc_field(required=True, metadata={"example": "91220101MA0Y12340Q"})
    name = TextField(required=True)
    division = division_field(required=True)
    industry = industry_field(required=True)
    above_threshold = flag(required=True)
    award_contender = flag(load_default=False)
    brand_contender = flag(load_default=False)
    legal_representative = TextField(required=True)
    responsible_person = TextField(load_default=None, allow_none=True)
    registered_on = DayField(required=True)
    phone = phone_field(load_default=None, allow_none=True)
    email = email_field(load_default=None, allow_none=True)


class Enterprise(Schema):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    uscc = fields.String(required=True)
    name = fields.String(required=True)
    division = fields.String(required=True)
    industry = fields.String(required=True)
    above_threshold = fields.Boolean(required=True)
    award_contender = fields.Boolean(required=True)
    brand_contender = fields.Boolean(required=True)
    legal_representative = fields.String(required=True)
    responsible_person = fields.String(allow_none=True)
    registered_on = fields.Date(required=True)
    deregistered_on = fields.Date(allow_none=True, metadata={"description": "its last day"})
    successor_id = fields.String(allow_none=True, metadata={"description": "into which it was merged"})
    phone = fields.String(allow_none=True, metadata={"description": "masked"})
    email = fields.String(allow_none=True, metadata={"description": "masked"})


class Leader(Schema):
    role = fields.String(required=True, metadata={"description": "legal_representative or responsible_person"})
    name = fields.String(required=True, allow_none=True)
    since = fields.Date(required=True, allow_none=True, metadata={"description": "null: from its first day"})
    until = fields.Date(required=True, allow_none=True, metadata={"description": "the last day; null: until now"})


class Leaders(Schema):
    items = fields.List(fields.Nested(Leader), required=True)


YEARS = validate.Range(min=2000, max=2100)


class NewRecognition(Schema):
    record = Recognise

    kind = Choice(RecognitionKind, required=True)
    year = fields.Integer(strict=True, required=True, validate=YEARS)
    value = TextField(
        20,
        required=True,
        metadata={"description": "; ".join(f"{kind}: {', '.join(values)}" for kind, values in VALUES.items())},
    )
    document = TextField(required=True, metadata={"description": "the number of the document it rests on"})


class Recognition(Schema):
    kind = fields.String(required=True)
    year = fields.Integer(required=True)
    value = fields.String(required=True)
    document = fields.String(required=True)
    recorded_on = fields.Date(required=True)


class Recognitions(Schema):
    items = fields.List(fields.Nested(Recognition), required=True)


class EnterpriseFilters(QuerySchema):
    record = queries.EnterpriseFilters

    division = division_field(metadata={"description": "a division; all that lies in it, by the tree of today"})
    above_threshold = query_flag()
    award_contender = query_flag()
    brand_contender = query_flag()
    deregistered = query_flag(metadata={"description": "whether it has been deregistered"})
    recognised = Choice(RecognitionKind, metadata={"description": "what it is recognised as, in the `year`"})
    year = fields.Integer(validate=YEARS, metadata={"description": "of the recognition; this year if left out"})
    has_cqo = query_flag(metadata={"description": "whether somebody is appointed, suspended or not"})
    industry = industry_beginning_field()
    uscc = uscc_field()
    q = TextField(100, metadata={"description": "words in the name"})
