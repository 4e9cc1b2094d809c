"""The ledger of continuing education."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.http import Page, http
from programme.callers import Role
from programme.http import Request, Response
from training import queries, schemas
from training.api.base import CENTRE, PEOPLE_READERS, Routes
from training.domain.education import AlreadyExempt, BelowNothing
from training.queries.education import YearShown
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
    def list_education(self, request: Request[None], person_id: str) -> Sequence[YearShown]:
        with self.db.begin() as session:
            return queries.list_education(session, request.caller, person_id, self.clock.today())

    @http(
        "GET",
        "/people/<person_id>/education/<int:year>",
        returns=schemas.EducationYearWithEntries,
        roles=PEOPLE_READERS,
        summary="A person's year with each entry of the ledger, corrections among them",
    )
    def get_education(self, request: Request[None], person_id: str, year: int) -> YearShown:
        with self.db.begin() as session:
            return queries.get_education(session, request.caller, person_id, year, self.clock.today())

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
            caller, today = request.caller, self.clock.today()
            education.exempt(session, caller, person_id, year, request.body, self.clock)
            return request.reply(session, queries.get_education(session, caller, person_id, year, today))

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

    @http(
        "GET",
        "/education/behind",
        query=schemas.ShortfallFilters,
        returns=schemas.EducationYear,
        roles=PEOPLE_READERS,
        paged=True,
        summary="Whose year ended without its hours, and has none made up since (R34)",
    )
    def list_behind(self, request: Request[None, queries.ShortfallFilters]) -> Page:
        with self.db.begin() as session:
            return queries.list_behind(session, request.caller, request.query, self.clock.today(), request.page)
