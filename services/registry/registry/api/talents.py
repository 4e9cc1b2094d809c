"""The routes of the talent pool."""

from __future__ import annotations

from chassis.http import Page, http
from programme.http import Request
from registry import queries, schemas, views
from registry.api.base import APPLICANTS, PEOPLE_READERS, Routes
from registry.queries import PoolFilters, TalentFilters


class TalentRoutes(Routes):
    """The talent pool (R60); it is entered and left by certificates alone."""

    @http(
        "GET",
        "/talents",
        query=schemas.TalentFilters,
        returns=schemas.Talent,
        roles=PEOPLE_READERS,
        paged=True,
        summary="The talent pool, as of a day (R60)",
    )
    def list_talents(self, request: Request[None, TalentFilters]) -> Page:
        with self.db.begin() as session:
            on = request.query.on or self.clock.today()
            found = queries.talents(session, request.caller, request.query, on, request.page)
            return Page([views.talent_view(row) for row in found.items], found.next_cursor)

    @http(
        "GET",
        "/pool",
        query=schemas.PoolFilters,
        returns=schemas.Offered,
        roles=APPLICANTS,
        paged=True,
        summary="Search all who are in the pool, by skill, industry, division and standing; names masked (R23)",
    )
    def search_pool(self, request: Request[None, PoolFilters]) -> Page:
        with self.db.begin() as session:
            return queries.pool(session, request.caller, request.query, self.clock.today(), request.page)
