"""The calendar of working days, as somebody enters it year by year: the routes, for each service that counts them.

A service has a table `calendar_year` of its own, which it names to the routes, and decides itself what holds of a year
that was not entered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate, validates_schema
from sqlalchemy import Row, Table, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import Database
from chassis.http import ANYONE, DayField, Schema, TextField, http
from chassis.security import audit
from programme.callers import Caller, Role
from programme.http import Request, Response

SATURDAY = 5
NOT_A_WEEKEND = "Not a Saturday or Sunday. / 不是周六或周日。"
A_WEEKEND = "A Saturday or Sunday is off anyway. / 周六、周日本为休息日。"


@dataclass(frozen=True, kw_only=True)
class EnterCalendar:
    """Enter the days off among Monday to Friday and the worked weekends of a year, as its document names them."""

    year: int
    days_off: list[date]
    days_worked: list[date]
    document: str


def enter(
    session: Session, table: Table, caller: Caller, command: EnterCalendar, clock: Clock
) -> Row[Any]:  # Any: a year
    """Enters a year, or enters it anew; what was decided by it before stays decided."""
    values: dict[str, Any] = {  # Any: the table's columns
        "year": command.year,
        "days_off": sorted(day.isoformat() for day in command.days_off),
        "days_worked": sorted(day.isoformat() for day in command.days_worked),
        "document": command.document,
        "entered_on": clock.today(),
    }
    entered = insert(table).values(values)
    entered = entered.on_conflict_do_update(index_elements=["year"], set_=values)
    found = session.execute(entered.returning(*table.c)).one()
    details = {name: values[name] for name in ("document", "days_off", "days_worked")}
    audit.record(session, caller, "calendar.entered", str(command.year), details, clock)
    return found


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


class CalendarRoutes:
    """The days off and the worked weekends of each year; for a service's API that names its table."""

    db: Database
    clock: Clock
    calendar_year: ClassVar[Table]

    @http("GET", "/calendar", returns=Calendar, roles=ANYONE, summary="The years whose holidays are known")
    def list_calendar(self, request: Request[None, None]) -> dict[str, list[Row[Any]]]:  # Any: the table's columns
        with self.db.begin() as session:
            return {"items": list(session.execute(select(self.calendar_year).order_by(self.calendar_year.c.year)))}

    @http(
        "POST",
        "/calendar",
        body=NewCalendarYear,
        returns=CalendarYear,
        status=201,
        roles=(Role.PROVINCE,),
        summary="Enter the holidays of a year, or enter them anew",
    )
    def enter_calendar(self, request: Request[EnterCalendar]) -> Response:
        with self.db.begin() as session:
            return request.reply(session, enter(session, self.calendar_year, request.caller, request.body, self.clock))
