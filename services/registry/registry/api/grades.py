"""Routes of grades of performance."""

from __future__ import annotations

from chassis.http import Page, Response, http
from programme.http import Request
from registry import queries, schemas
from registry.api.base import APPLICANTS, OFFICE_READERS, Routes
from registry.domain.grade import NotGradedYet, Performance
from registry.queries import GradeFilters
from registry.usecases import grades
from registry.usecases.grades import GradePerformance


class GradeRoutes(Routes):
    """What the enterprise finds of a CQO's performance, and the post's allowance (R29)."""

    @http(
        "POST",
        "/appointments/<appointment_id>/grades",
        body=schemas.NewGrade,
        returns=schemas.Grade,
        status=201,
        roles=APPLICANTS,
        problems=(NotGradedYet,),
        summary="Record the grade of a year, or correct it by another record (R29)",
    )
    def grade_performance(self, request: Request[GradePerformance], appointment_id: str) -> Response:
        with self.db.begin() as session:
            made = grades.grade(session, request.caller, appointment_id, request.body, self.clock)
            return request.reply(session, made)

    @http(
        "GET",
        "/appointments/<appointment_id>/grades",
        returns=schemas.Grades,
        roles=OFFICE_READERS,
        summary="All records of an appointment's grades, those that were corrected too",
    )
    def list_grades_of(self, request: Request[None], appointment_id: str) -> dict[str, list[Performance]]:
        with self.db.begin() as session:
            return {"items": queries.grades_of(session, request.caller, appointment_id, self.clock.today())}

    @http(
        "GET",
        "/grades",
        query=schemas.GradeFilters,
        returns=schemas.Grade,
        roles=OFFICE_READERS,
        paged=True,
        summary="Grades by year, as they are known now or were known on a day",
    )
    def list_grades(self, request: Request[None, GradeFilters]) -> Page:
        with self.db.begin() as session:
            return queries.grades(session, request.caller, request.query, self.clock.today(), request.page)
