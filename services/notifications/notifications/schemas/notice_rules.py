"""The rules by which something is announced, as a rule set's parameters have them; what they name must be there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from chassis.http import Schema, TextField
from notifications.adapters.texts import RULES_KINDS
from notifications.domain.conditions import CONDITIONS
from notifications.domain.notice import Channel
from notifications.domain.recipients import Audience
from notifications.handlers.followed import COUNTED_FIELDS, RECORDS, followed

YEARS = 1100  # days: no date is planned for before or after more
WORKING_DAYS = 250
OUTWARD = [channel for channel in Channel if channel != Channel.IN_APP]
TIME = "^([01][0-9]|2[0-3]):[0-5][0-9]$"

Given = Mapping[str, Any]  # Any: JSON's values


def each_once(values: list[Any]) -> None:  # Any: JSON's values
    """No value stands twice in the list."""
    twice = sorted({str(value) for value in values if values.count(value) > 1})
    if twice:
        raise ValidationError(f"Named more than once: {', '.join(twice)}. / 重复。")


def some_channels(
    among: Iterable[Channel] = Channel,
    least: int = 1,
    **options: Any,  # Any: marshmallow's
) -> fields.List[Any]:  # Any: what marshmallow's lists hold
    """Some of the channels, each once."""
    each = fields.String(validate=validate.OneOf([channel.value for channel in among]))
    return fields.List(each, validate=[validate.Length(least, len(Channel)), each_once], **options)


def some_audience(**options: Any) -> fields.List[Any]:  # Any: marshmallow's options, and what its lists hold
    """Some of the audiences, each once."""
    each = fields.String(validate=validate.OneOf([audience.value for audience in Audience]))
    return fields.List(each, required=True, validate=[validate.Length(1, len(Audience)), each_once], **options)


def time_of_day(*, allow_none: bool, example: str) -> TextField:
    """A time as 08:30, in Asia/Shanghai."""
    checks = validate.Regexp(TIME)
    return TextField(
        5, pattern=TIME, required=True, allow_none=allow_none, validate=checks, metadata={"example": example}
    )


class When(Schema):
    field = fields.String(required=True, validate=validate.OneOf(COUNTED_FIELDS))
    is_ = fields.Boolean(required=True, data_key="is", truthy={True}, falsy={False})


class Due(Schema):
    field = TextField(60, required=True, metadata={"description": "a day in the event", "example": "valid_until"})
    days = fields.List(
        fields.Integer(strict=True, validate=validate.Range(-YEARS, YEARS)),
        required=True,
        validate=[validate.Length(1, 20), each_once],
        metadata={"description": "counted from it: -30 is thirty days before", "example": [-90, -60, -30, -7, 0]},
    )


class Escalation(Schema):
    working_days = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, WORKING_DAYS),
        metadata={"description": "after the day on which the matter was opened"},
    )
    audience = some_audience()


class NoticeRule(Schema):
    """Which events are announced to whom, at once or on days counted from a date in them."""

    key = fields.String(
        required=True,
        validate=validate.OneOf(RULES_KINDS, error="There is no template of that name. / 没有该名称的模板。"),
        metadata={"description": "also the kind of the notice, and the name of its template"},
    )
    events = fields.List(TextField(100), required=True, validate=[validate.Length(1, 20), each_once])
    when = fields.Nested(When, metadata={"description": "only events whose field has this value"})
    audience = some_audience()
    channels = some_channels(metadata={"description": "else the kind's or the rule set's"})
    due = fields.Nested(Due, metadata={"description": "on days counted from a date, and not at once"})
    stands_while = fields.String(
        validate=validate.OneOf(tuple(CONDITIONS)),
        metadata={"description": "looked at again when a planned notice, or one that waited, is sent"},
    )
    escalations = fields.List(fields.Nested(Escalation), validate=validate.Length(1, 5))
    mandatory = fields.Boolean(truthy={True}, falsy={False})
    digest = fields.List(
        fields.String(validate=validate.OneOf([audience.value for audience in Audience])),
        validate=[validate.Length(0, len(Audience)), each_once],
        metadata={"description": "audiences whose letters are gathered into one"},
    )

    @validates_schema
    def fits_its_events(self, data: dict[str, Any], **options: Any) -> None:  # Any: marshmallow's
        """Each event gives what the rule asks of it."""
        unknown = sorted(set(data["events"]) - RECORDS.keys())
        if unknown:
            message = f"Not followed here: {', '.join(unknown)}. Followed are: {', '.join(RECORDS)}. / 不接收该事件。"
            raise ValidationError(message, "events")
        for event in data["events"]:
            _check_event(event, data)
        _check_condition(data)


def _check_event(event: str, data: Given) -> None:
    gives = followed(event)
    named = {*data["audience"], *(each for stage in data.get("escalations", ()) for each in stage["audience"])}
    nobody = sorted(named - gives.audience)
    if nobody:
        raise ValidationError(f"{event} does not say which {', '.join(nobody)}. / 该事件不涉及此类接收方。", "audience")
    when, due = data.get("when"), data.get("due")
    if when and when["field"] not in gives.flags:
        raise ValidationError(f"{event} has no `{when['field']}`. / 该事件没有此字段。", "when")
    if due and due["field"] not in gives.days:
        known = ", ".join(sorted(gives.days))
        raise ValidationError(f"{event} has no day `{due['field']}`; it has {known}. / 该事件没有此日期。", "due")


def _check_condition(data: Given) -> None:
    name, stages = data.get("stands_while"), data.get("escalations")
    if stages and not name:
        raise ValidationError(
            "Say by `stands_while` when the stages stop. / 请以 stands_while 说明何时停止。", "escalations"
        )
    if stages and data.get("due"):
        raise ValidationError("A rule has days or stages, not both. / 日期与逐级上报不能并用。", "escalations")
    days = [stage["working_days"] for stage in stages or ()]
    if sorted(set(days)) != days:
        raise ValidationError("Each stage comes later than the one before. / 各级时限须依次递增。", "escalations")
    strangers = [event for event in data["events"] if name and event.partition(".")[0] != CONDITIONS[name].aggregate]
    if strangers:
        raise ValidationError(f"`{name}` is not about {', '.join(strangers)}. / 该条件与事件不符。", "stands_while")


class Timing(Schema):
    """At what times of the day, and on which days, letters go out; what is shown in an inbox is shown at once."""

    quiet_from = time_of_day(allow_none=True, example="20:00")
    quiet_until = time_of_day(allow_none=True, example="08:00")
    working_days_only = some_channels(OUTWARD, least=0, required=True, metadata={"description": "channels"})
    digest_at = time_of_day(allow_none=False, example="08:30")

    @validates_schema
    def quiet_hours_have_two_ends(self, data: dict[str, Any], **options: Any) -> None:  # Any: marshmallow's
        """Both are given, and differ; or neither is."""
        start, end = data["quiet_from"], data["quiet_until"]
        if (start is None) != (end is None) or (start is not None and start == end):
            raise ValidationError(
                "Give two times that differ, or neither. / 起止时间须同时填写且不相同。", "quiet_until"
            )


def rules_field() -> fields.List[Any]:  # Any: what marshmallow's lists hold
    """The list of rules, each key once."""

    def keys_once(rules: list[Given]) -> None:
        each_once([rule["key"] for rule in rules])

    return fields.List(
        fields.Nested(NoticeRule),
        required=True,
        validate=[validate.Length(1, 500), keys_once],
        metadata={"description": "what is announced to whom, and when"},
    )
