"""Routes of the worklists."""

from __future__ import annotations

from chassis.http import Page, http
from programme.callers import Role
from programme.http import Request
from registry import queries, schemas
from registry.api.base import APPLICANTS, Routes
from registry.queries.worklists import Count

READERS = (*APPLICANTS, Role.AUDITOR)


class WorklistRoutes(Routes):
    """What somebody has to act on."""

    @http("GET", "/worklists", returns=schemas.Worklists, roles=READERS, summary="The worklists, and how long they are")
    def list_worklists(self, request: Request[None]) -> dict[str, list[Count]]:
        with self.db.begin() as session:
            return {"items": queries.counts(session, request.caller, self.clock.today())}

    @http(
        "GET",
        "/worklists/<name>",
        returns=schemas.WorkItem,
        roles=READERS,
        paged=True,
        summary="A worklist, the oldest day first",
    )
    def get_worklist(self, request: Request[None], name: str) -> Page:
        with self.db.begin() as session:
            return queries.worklist(session, request.caller, name, self.clock.today(), request.page)
