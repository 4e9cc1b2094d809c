"""The ledger of continuing education."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.http import Page, http
from programme.callers import Role
from programme.http import Request, Response
from training import queries, schemas
from training.api.base import CENTRE, PEOPLE_READERS, Routes
from training.domain.education import AlreadyExempt, BelowNothing, EducationYear
from training.usecases import education


class EducationRoutes(Routes):
    """Entering and reading the hours of continuing education."""

    @http(
        "POST",
        "/education",
        body=schemas.NewEducationList,
        returns=schemas.Recorded,
        roles=(*CENTRE, Role.DIVISION),
        problems=(BelowNothing,),
        summary="Enter hours of continuing education (R34)",
    )
    def record_education(self, request: Request[education.RecordEducation]) -> Response:
        with self.db.begin() as session:
            return request.reply(session, education.record(session, request.caller, request.body, self.clock))

    @http(
        "GET",
        "/people/<person_id>/education",
        returns=schemas.EducationYear(many=True),
        roles=PEOPLE_READERS,
        summary="A person's years of continuing education",
    )
    def get_education(self, request: Request[None], person_id: str) -> Sequence[EducationYear]:
        with self.db.begin() as session:
            return queries.list_education(session, request.caller, person_id, self.clock.today())

    @http(
        "POST",
        "/people/<person_id>/education/<int:year>/exempt",
        body=schemas.Exemption,
        returns=schemas.EducationYear,
        roles=CENTRE,
        problems=(AlreadyExempt,),
        summary="Exempt somebody from a year's hours, on a document (R34)",
    )
    def exempt_from_education(self, request: Request[education.Exempt], person_id: str, year: int) -> Response:
        with self.db.begin() as session:
            command = request.body
            exempted = education.exempt(session, request.caller, person_id, year, command, self.clock)
            return request.reply(session, exempted)

    @http(
        "GET",
        "/education/shortfalls",
        query=schemas.ShortfallFilters,
        returns=schemas.Shortfall,
        roles=PEOPLE_READERS,
        paged=True,
        summary="Who was told that they are going to miss hours of a year",
    )
    def list_shortfalls(self, request: Request[None, queries.ShortfallFilters]) -> Page:
        with self.db.begin() as session:
            return queries.list_shortfalls(session, request.caller, request.query, self.clock.today(), request.page)
