"""What belongs to an appointment: whose it is, in answers and in queries."""

from __future__ import annotations

from marshmallow import fields

from chassis.http import QuerySchema, Schema
from registry.schemas.common import division_field, id_field


class OfOffice(Schema):
    division = fields.String(required=True)
    enterprise_id = fields.String(required=True)
    person_id = fields.String(required=True)
    appointment_id = fields.String(required=True)


class OfOfficeFilters(QuerySchema):
    division = division_field()
    enterprise_id = id_field()
    person_id = id_field()
    appointment_id = id_field()
