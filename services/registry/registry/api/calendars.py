"""Routes of the calendar of working days."""

from __future__ import annotations

from chassis.http import ANYONE, Response, http
from programme.callers import Role
from programme.http import Request
from registry import schemas
from registry.api.base import Routes
from registry.domain.working_days import CalendarYear
from registry.usecases import calendars
from registry.usecases.calendars import EnterCalendar


class CalendarRoutes(Routes):
    """The days off and the worked weekends of each year, by which working days are counted."""

    @http("GET", "/calendar", returns=schemas.Calendar, roles=ANYONE, summary="The years whose holidays are known")
    def list_calendar(self, request: Request[None]) -> dict[str, list[CalendarYear]]:
        with self.db.begin() as session:
            return {"items": calendars.years(session)}

    @http(
        "POST",
        "/calendar",
        body=schemas.NewCalendarYear,
        returns=schemas.CalendarYear,
        status=201,
        roles=(Role.PROVINCE,),
        summary="Enter the holidays of a year, or enter them anew",
    )
    def enter_calendar(self, request: Request[EnterCalendar]) -> Response:
        with self.db.begin() as session:
            return request.reply(session, calendars.enter(session, request.caller, request.body, self.clock))
