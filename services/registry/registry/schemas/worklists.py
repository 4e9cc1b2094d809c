"""Worklists."""

from __future__ import annotations

from marshmallow import fields

from chassis.http import Schema


class WorklistCount(Schema):
    name = fields.String(required=True)
    entries = fields.Integer(required=True)
    more = fields.Boolean(required=True, metadata={"description": "there are more than that"})


class Worklists(Schema):
    items = fields.List(fields.Nested(WorklistCount), required=True)


class WorkItem(Schema):
    id = fields.String(
        required=True,
        metadata={
            "description": "of the appointment, the vacant post, the paper, the hazard, or who fills a key quality post"
        },
    )
    day = fields.Date(required=True, metadata={"description": "by which, or since when: see the list"})
    division = fields.String(required=True)
    enterprise_id = fields.String(required=True)
    enterprise_name = fields.String(required=True)
    post_id = fields.String(required=True)
    person_id = fields.String(allow_none=True)
    person_name = fields.String(allow_none=True)
