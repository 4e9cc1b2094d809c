"""The templates of notices: as they are, as they are edited, and what they say."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from chassis import bounds
from chassis.http import DayField, QuerySchema, Schema, TextField
from notifications.adapters.sandbox import MAX_SOURCE
from notifications.domain.recipients import RecipientKind
from notifications.queries import filters
from notifications.usecases import edit_template

# Of what a TextField forbids, line ends are allowed here.
LINES = bounds.TEXT_PATTERN.replace(r"\u0000-\u001f", r"\u0000-\u0009\u000b\u000c\u000e-\u001f")


class ListedTemplate(Schema):
    kind = fields.String(required=True)
    language = fields.String(required=True)
    version = fields.Integer(required=True, metadata={"description": "of the last edition; 0: it was never edited"})
    edited = fields.Boolean(required=True, metadata={"description": "an edition is in force, not what is built in"})
    effective_from = fields.Date(allow_none=True, metadata={"description": "of the edition in force"})
    made_by = fields.String(allow_none=True)


class ListedTemplates(Schema):
    items = fields.List(fields.Nested(ListedTemplate), required=True)


class Edition(Schema):
    version = fields.Integer(required=True)
    source = fields.String(allow_none=True, metadata={"description": "null: back to what is built in"})
    effective_from = fields.Date(required=True)
    reason = fields.String(required=True)
    made_at = fields.AwareDateTime(required=True)
    made_by = fields.String(required=True)


class Template(ListedTemplate):
    source = fields.String(required=True, metadata={"description": "that is in force today"})
    built_in = fields.String(required=True, metadata={"description": "the source of what is built in"})
    audience = fields.List(
        fields.String(), required=True, metadata={"description": "whom the rule set of today tells by it"}
    )
    fields_ = fields.List(
        fields.String(), data_key="fields", required=True, metadata={"description": "that it may name"}
    )
    filters = fields.List(fields.String(), required=True, metadata={"description": "that put a fact into words"})
    history = fields.List(fields.Nested(Edition), required=True, metadata={"description": "the newest first"})


class SourceField(TextField):
    """A template's source: several lines, each as a TextField has one, or blank."""

    def __init__(self) -> None:
        metadata = {"description": "a template, as `built_in` is one"}
        super().__init__(MAX_SOURCE, pattern=LINES, required=True, metadata=metadata)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:  # Any: whatever JSON holds, marshmallow's options
        if not isinstance(value, str):
            raise self.make_error("invalid")
        source = bounds.normalised(value).replace("\r\n", "\n")
        lines = [line for line in source.split("\n") if line.strip(" ")]
        violations = (
            bounds.length_violation(value, self.longest),
            *(bounds.text_violation(line, self.longest) for line in lines),
        )
        if violation := next(filter(None, violations), None if lines else bounds.BLANK):
            raise ValidationError(str(violation))
        return source


class EditTemplate(Schema):
    record = edit_template.EditTemplate

    source = SourceField()
    effective_from = DayField(required=True, metadata={"description": "today at the earliest"})
    reason = TextField(500, required=True)


class RestoreTemplate(Schema):
    record = edit_template.EditTemplate

    effective_from = DayField(required=True, metadata={"description": "today at the earliest"})
    reason = TextField(500, required=True)


class Draft(Schema):
    record = edit_template.Draft

    source = SourceField()


class PreviewFilters(QuerySchema):
    record = filters.PreviewFilters

    recipient_kind = fields.Enum(RecipientKind, by_value=fields.String)
    ruleset = fields.Integer(
        validate=validate.Range(1, 1_000_000),
        metadata={"description": "whose bodies, telephones and remedies stand in the text; that of today if left out"},
    )


class Preview(Schema):
    audience = fields.String(required=True, metadata={"description": "as a rule names it"})
    recipient_kind = fields.String(required=True)
    event = fields.String(required=True, metadata={"description": "the type of the example"})
    subject = fields.String(required=True)
    text = fields.String(required=True)
    html = fields.String(required=True, metadata={"description": "escaped; no script"})
    short = fields.String(required=True, metadata={"description": "for a text message or a group's robot"})
    digest = fields.String(required=True, metadata={"description": "its line in a list"})


class Previews(Schema):
    items = fields.List(fields.Nested(Preview), required=True)
