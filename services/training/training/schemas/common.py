"""Fields that several schemas share."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from chassis.http import Schema

SHORT = validate.Length(1, 200)


def id_field(**options: Any) -> fields.String:
    """The id of an object."""
    return fields.String(validate=validate.Length(1, 64), **options)


class RuleSetCited(Schema):
    """The rule set that decided."""

    version = fields.Integer()
    effective_from = fields.Date()
    document = fields.String()


class Criterion(Schema):
    """One criterion of a decision."""

    name = fields.String()
    rule = fields.String()
    required = fields.String()
    found = fields.String()
    met = fields.Boolean()
