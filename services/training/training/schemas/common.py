"""Fields that several schemas share."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from marshmallow import fields

from chassis.http import Schema, TextField


def id_field(**options: Any) -> TextField:  # Any: marshmallow's options
    """The id of a record."""
    return TextField(64, **options)


def word_field(words: type[StrEnum], **options: Any) -> fields.Enum[StrEnum]:  # Any: marshmallow's options
    """One of the words of a StrEnum."""
    return fields.Enum(words, by_value=fields.String, **options)


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
