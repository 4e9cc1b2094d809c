"""Imports as jobs."""

from __future__ import annotations

from marshmallow import fields

from chassis.http import QuerySchema, Schema
from registry import queries
from registry.domain.import_job import ImportKind, ImportState
from registry.schemas.common import Choice


class Rejection(Schema):
    row = fields.Integer(required=True, metadata={"description": "the row's number in the sheet; headers are row 1"})
    column = fields.String(required=True, metadata={"description": "the column's header"})
    letter = fields.String(required=True, metadata={"description": "the column's letter"})
    reason = fields.String(required=True)


class ImportFigures(Schema):
    created = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    updated = fields.Integer(required=True)
    rejected_rows = fields.Integer(required=True)


class Import(ImportFigures):
    rejected = fields.List(fields.Nested(Rejection), required=True, metadata={"description": "one entry per violation"})


class WhyNot(Schema):
    code = fields.String(required=True)
    reason = fields.String(required=True)


class ImportJob(Schema):
    id = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": list(ImportKind)})
    state = fields.String(required=True, metadata={"enum": list(ImportState)})
    requested_by = fields.String(required=True)
    division = fields.String(required=True, allow_none=True, metadata={"description": "of whoever asked for it"})
    correlation_id = fields.String(required=True)
    requested_at = fields.DateTime(required=True)
    started_at = fields.DateTime(required=True, allow_none=True)
    ended_at = fields.DateTime(required=True, allow_none=True)
    rows = fields.Integer(
        required=True, allow_none=True, metadata={"description": "of the list; null until it has been read"}
    )
    rows_done = fields.Integer(required=True, metadata={"description": "told every second while it runs"})
    report = fields.Nested(ImportFigures, required=True, allow_none=True, metadata={"description": "once it is done"})
    reason = fields.Nested(
        WhyNot, required=True, allow_none=True, metadata={"description": "why it was refused, or failed"}
    )


class ImportJobWithRejections(ImportJob):
    rejected = fields.List(
        fields.Nested(Rejection), required=True, metadata={"description": "one entry per violation, the first 2,000"}
    )


class ImportFilters(QuerySchema):
    record = queries.ImportFilters

    kind = Choice(ImportKind)
    state = Choice(ImportState)
