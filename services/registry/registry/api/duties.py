"""Routes of duty records."""

from __future__ import annotations

from chassis.http import Page, Response, http
from programme.callers import Role
from programme.http import Request
from registry import queries, schemas, views
from registry.api.base import OFFICE_READERS, STAFF, Routes
from registry.domain.duty import (
    NothingToSubmit,
    NotInOfficeThatYear,
    NotWithTheBureau,
    SectionsMissing,
    YearTooEarly,
)
from registry.queries import DutyReportFilters
from registry.usecases import duties
from registry.usecases.duties import ReturnDutyReport, WriteDutyReport
from registry.views import View

AUTHORS = (Role.CQO, Role.ENTERPRISE)


class DutyRoutes(Routes):
    """What a CQO plans for a year, and reports of it (R35–R44)."""

    @http(
        "PUT",
        "/appointments/<appointment_id>/duty-reports",
        body=schemas.NewDutyReport,
        returns=schemas.DutyReport,
        roles=AUTHORS,
        problems=(NotInOfficeThatYear, YearTooEarly),
        summary="Write the draft of a year's plan or report, by duty (R35 to R44)",
    )
    def write_duty_report(self, request: Request[WriteDutyReport], appointment_id: str) -> Response:
        with self.db.begin() as session:
            report = duties.write(session, request.caller, appointment_id, request.body, self.clock)
            return request.reply(session, report)

    @http(
        "GET",
        "/duty-reports",
        query=schemas.DutyReportFilters,
        returns=schemas.DutyReport,
        roles=OFFICE_READERS,
        paged=True,
        summary="Plans and reports, by year and status, or overdue",
    )
    def list_duty_reports(self, request: Request[None, DutyReportFilters]) -> Page:
        with self.db.begin() as session:
            return queries.duty_reports(session, request.caller, request.query, self.clock.today(), request.page)

    @http(
        "GET",
        "/duty-reports/<duty_report_id>",
        returns=schemas.DutyReportInFull,
        roles=OFFICE_READERS,
        summary="A plan or report with every revision; the bureau is not shown drafts",
    )
    def get_duty_report(self, request: Request[None], duty_report_id: str) -> View:
        with self.db.begin() as session:
            today = self.clock.today()
            found = queries.duty_report_with_revisions(session, request.caller, duty_report_id, today)
            return views.duty_report_view(*found, request.language)

    @http(
        "POST",
        "/duty-reports/<duty_report_id>/submission",
        returns=schemas.DutyReport,
        roles=AUTHORS,
        problems=(NothingToSubmit, SectionsMissing),
        summary="Submit the draft",
    )
    def submit_duty_report(self, request: Request[None], duty_report_id: str) -> Response:
        with self.db.begin() as session:
            report = duties.submit(session, request.caller, duty_report_id, self.clock)
            return request.reply(session, report)

    @http(
        "POST",
        "/duty-reports/<duty_report_id>/noting",
        returns=schemas.DutyReport,
        roles=STAFF,
        problems=(NotWithTheBureau,),
        summary="Take note of what was submitted",
    )
    def note_duty_report(self, request: Request[None], duty_report_id: str) -> Response:
        with self.db.begin() as session:
            report = duties.take_note(session, request.caller, duty_report_id, self.clock)
            return request.reply(session, report)

    @http(
        "POST",
        "/duty-reports/<duty_report_id>/return",
        body=schemas.DutyReportReturn,
        returns=schemas.DutyReport,
        roles=STAFF,
        problems=(NotWithTheBureau,),
        summary="Return what was submitted, with a reason, to be revised",
    )
    def return_duty_report(self, request: Request[ReturnDutyReport], duty_report_id: str) -> Response:
        with self.db.begin() as session:
            report = duties.give_back(session, request.caller, duty_report_id, request.body, self.clock)
            return request.reply(session, report)
