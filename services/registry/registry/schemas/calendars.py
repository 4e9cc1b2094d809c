"""The calendar of working days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from chassis.http import DayField, Schema, TextField
from registry.domain.working_days import SATURDAY
from registry.usecases.calendars import EnterCalendar

NOT_A_WEEKEND = "Not a Saturday or Sunday. / 不是周六或周日。"
A_WEEKEND = "A Saturday or Sunday is off anyway. / 周六、周日本为休息日。"


class NewCalendarYear(Schema):
    record = EnterCalendar

    year = fields.Integer(required=True, strict=True, validate=validate.Range(2000, 2100))
    days_off = fields.List(
        DayField(),
        required=True,
        validate=validate.Length(max=100),
        metadata={"description": "days off from Monday to Friday"},
    )
    days_worked = fields.List(
        DayField(), required=True, validate=validate.Length(max=100), metadata={"description": "worked weekends"}
    )
    document = TextField(required=True, metadata={"example": "国办发明电〔2025〕7号"})

    @validates_schema
    def each_in_its_place(self, data: Mapping[str, Any], **_: Any) -> None:  # Any: what marshmallow has read
        for name, weekend in (("days_off", False), ("days_worked", True)):
            for place, day in enumerate(data[name]):
                if day.year != data["year"]:
                    raise ValidationError({name: {place: ["Not a day of that year. / 不在该年度内。"]}})
                if (day.weekday() >= SATURDAY) != weekend:
                    raise ValidationError({name: {place: [NOT_A_WEEKEND if weekend else A_WEEKEND]}})


class CalendarYear(Schema):
    year = fields.Integer(required=True)
    days_off = fields.List(fields.String(), required=True)
    days_worked = fields.List(fields.String(), required=True)
    document = fields.String(required=True)
    entered_on = fields.Date(required=True)


class Calendar(Schema):
    items = fields.List(fields.Nested(CalendarYear), required=True)
