"""Bodies, queries and answers about nominations for classes."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import QuerySchema, Schema, TextField
from training import queries
from training.domain.nomination import NominationStatus
from training.schemas.common import id_field, word_field
from training.usecases import nominations, waiting


class NewNomination(Schema):
    record = nominations.Nominee

    enterprise_id = id_field(required=True)
    person_id = id_field(required=True)


class NewNominations(Schema):
    record = nominations.Nominate

    items = fields.List(fields.Nested(NewNomination), required=True, validate=validate.Length(1, 500))
    wait = fields.Boolean(metadata={"description": "Whether who finds no place goes on the waiting list."})


class NominationResult(Schema):
    enterprise_id = fields.String()
    person_id = fields.String()
    accepted = fields.Boolean()
    waiting = fields.Boolean(metadata={"description": "Only of who waits for a place."})
    place = fields.Integer(metadata={"description": "The place in the waiting list."})
    nomination_id = fields.String()
    warning = fields.String(allow_none=True, metadata={"description": "That they were not admitted as a candidate."})
    reason = fields.String()
    rule = fields.String(allow_none=True)


class NominationResults(Schema):
    accepted = fields.Integer()
    waiting = fields.Integer()
    refused = fields.Integer()
    items = fields.List(fields.Nested(NominationResult))


class Nomination(Schema):
    id = fields.String()
    version = fields.Integer()
    class_id = fields.String()
    enterprise_id = fields.String()
    person_id = fields.String()
    division = fields.String()
    submitted_on = fields.Date()
    status = fields.String(metadata={"description": "enrolled, waiting, withdrawn or cancelled"})
    waiting_since = fields.AwareDateTime(allow_none=True)


class NominationFilters(QuerySchema):
    record = queries.NominationFilters

    status = word_field(NominationStatus)


class Withdrawal(Schema):
    record = waiting.Withdraw

    reason = TextField(required=True)
