"""Bodies, queries and answers about trainers and venues."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.http import DayField, QuerySchema, Schema, TextField
from training import queries
from training.domain.trainer import TrainerStatus
from training.schemas.common import word_field
from training.usecases import trainers, venues


def _blocks(required: bool = False) -> fields.List[str]:
    return fields.List(
        TextField(),
        validate=validate.Length(1, 20),
        metadata={"description": "The subject blocks that they teach, by the names that classes give them (R56)."},
        required=required,
    )


class NewTrainer(Schema):
    record = trainers.EnterTrainer

    name = TextField(required=True)
    employer = TextField(required=True)
    title = TextField(allow_none=True)
    blocks = _blocks(required=True)
    valid_from = DayField(required=True)
    valid_until = DayField(allow_none=True)
    document = TextField(required=True, metadata={"description": "By which they enter the pool."})


class TrainerChanges(Schema):
    record = trainers.ChangeTrainer

    document = TextField(required=True, metadata={"description": "That says so."})
    name = TextField()
    employer = TextField()
    title = TextField(allow_none=True)
    blocks = _blocks()
    valid_until = DayField(allow_none=True, metadata={"description": "The last day in the pool, of who leaves it."})
    status = word_field(TrainerStatus)


class Trainer(Schema):
    id = fields.String()
    version = fields.Integer()
    name = fields.String()
    employer = fields.String()
    title = fields.String(allow_none=True)
    blocks = fields.List(fields.String())
    valid_from = fields.Date()
    valid_until = fields.Date(allow_none=True)
    status = fields.String(metadata={"description": "active or suspended"})
    document = fields.String()


class TrainerWithHours(Trainer):
    hours_taught = fields.Dict(
        keys=fields.String(),
        values=fields.Float(),
        metadata={"description": "In classes that have been closed, by calendar year."},
    )


class TrainerFilters(QuerySchema):
    record = queries.TrainerFilters

    block = TextField()
    on = DayField(metadata={"description": "In the pool on that day."})


def _seats(required: bool = False) -> fields.Integer:
    return fields.Integer(validate=validate.Range(1, 5000), required=required)


class NewVenue(Schema):
    record = venues.EnterVenue

    name = TextField(required=True)
    division = TextField(12, required=True, metadata={"description": "The code of the division in which it lies."})
    address = TextField(250, required=True)
    seats = _seats(required=True)
    valid_from = DayField(required=True)
    valid_until = DayField(allow_none=True)


class VenueChanges(Schema):
    record = venues.ChangeVenue

    name = TextField()
    division = TextField(12)
    address = TextField(250)
    seats = _seats()
    valid_until = DayField(allow_none=True, metadata={"description": "The last day on which it may be used."})


class Venue(Schema):
    id = fields.String()
    version = fields.Integer()
    name = fields.String()
    division = fields.String()
    address = fields.String()
    seats = fields.Integer()
    valid_from = fields.Date()
    valid_until = fields.Date(allow_none=True)


class VenueFilters(QuerySchema):
    record = queries.VenueFilters

    division = TextField(12)
    on = DayField(metadata={"description": "Open on that day."})
