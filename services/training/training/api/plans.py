"""The province's yearly plans."""

from __future__ import annotations

from chassis.http import ANYONE, Page, Response, http
from programme.callers import Role
from programme.http import Request
from training import queries, schemas
from training.api.base import Routes
from training.usecases import plans


class PlanRoutes(Routes):
    """Deciding and reading the yearly plans."""

    @http(
        "POST",
        "/plans",
        body=schemas.NewPlan,
        returns=schemas.Plan,
        roles=(Role.PROVINCE,),
        status=201,
        summary="Decide a year's plan, or revise it (R55, R57)",
    )
    def decide_plan(self, request: Request[plans.DecidePlan]) -> Response:
        with self.db.begin() as session:
            plan = plans.decide(session, request.caller, request.body, self.clock)
            return request.reply(session, plan)

    @http(
        "GET",
        "/plans",
        query=schemas.PlanFilters,
        returns=schemas.Plan,
        roles=ANYONE,
        paged=True,
        summary="The yearly plans with their revisions, the newest first",
    )
    def list_plans(self, request: Request[None, queries.PlanFilters]) -> Page:
        with self.db.begin() as session:
            return queries.list_plans(session, request.query, request.page)
