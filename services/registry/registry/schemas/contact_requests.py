"""Requests to be put in contact with a member of the pool."""

from __future__ import annotations

from marshmallow import fields

from chassis.http import QuerySchema, Schema, TextField
from registry.domain.contact_request import ContactRequestState
from registry.queries.contact_request import ContactRequestFilters as Filters
from registry.schemas.common import Choice, flag, id_field
from registry.usecases import contact_requests


class NewContactRequest(Schema):
    record = contact_requests.AskForContact

    purpose = TextField(500, required=True, metadata={"description": "what for; the person reads it"})


class ContactAnswer(Schema):
    record = contact_requests.AnswerContactRequest

    accept = flag(required=True)
    document = TextField(
        allow_none=True, load_default=None, metadata={"description": "where the bureau enters it: the written answer"}
    )


class ContactRequest(Schema):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    enterprise_id = fields.String(required=True, metadata={"description": "who asks"})
    person_id = fields.String(required=True)
    purpose = fields.String(required=True)
    asked_on = fields.Date(required=True)
    answer_by = fields.Date(required=True, metadata={"description": "the last day for an answer"})
    ruleset = fields.Integer(required=True)
    state = fields.String(required=True)
    answered_on = fields.Date(required=True, allow_none=True)
    answer_document = fields.String(required=True, allow_none=True)


class ListedContactRequest(ContactRequest):
    enterprise_name = fields.String(required=True)


class DisclosedContact(Schema):
    person_id = fields.String(required=True)
    name = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)


class ContactRequestFilters(QuerySchema):
    record = Filters

    state = Choice(ContactRequestState)
    person_id = id_field()
    enterprise_id = id_field(metadata={"description": "who asks"})
