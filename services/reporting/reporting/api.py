"""Reporting's HTTP API: a table of contents. Each entrypoint opens the transaction and hands over."""

from __future__ import annotations

from datetime import date
from typing import Any

from chassis.clock import Clock
from chassis.data import ClockProvider, Database
from chassis.http import AuditRoutes, HttpService, Page, http
from chassis.messaging import FeedRoutes, OpsRoutes
from chassis.process import HealthRoutes
from programme.http import Request
from programme.ruleset_routes import RuleSetRoutes
from reporting import queries, schemas
from reporting.domain.coverage import UnknownUnit
from reporting.domain.target import AlreadySet, BelowProvincialGoal
from reporting.usecases import targets

STAFF = ("province", "division")
READERS = (*STAFF, "training_centre", "system", "auditor", "ops")


class Api(HttpService, HealthRoutes, FeedRoutes, OpsRoutes, AuditRoutes, RuleSetRoutes):
    """Targets, coverage and statistics, as of any day."""

    name = "reporting-api"
    title = "Reporting of the Chief Quality Officer programme"
    db = Database()
    clock: Clock = ClockProvider()
    ruleset_schema = schemas.RuleSetParameters

    @http(
        "GET",
        "/coverage",
        query=schemas.CoverageQuery,
        returns=schemas.CoverageFigures,
        roles=READERS,
        summary="Coverage of a population by reporting unit, on a day (R12–R15)",
    )
    def get_coverage(self, request: Request) -> Any:
        with self.db.begin() as session:
            return queries.coverage(session, request.caller, self._day(request), request.query["population"])

    @http(
        "GET",
        "/coverage/records",
        query=schemas.RecordQuery,
        returns=schemas.Record,
        roles=READERS,
        paged=True,
        problems=(UnknownUnit,),
        summary="The enterprises behind a figure of coverage",
    )
    def list_records(self, request: Request) -> Page:
        with self.db.begin() as session:
            return queries.records(session, request.caller, request.query, self._day(request), request.page)

    @http(
        "GET",
        "/statistics",
        query=schemas.OnDay,
        returns=schemas.Statistics,
        roles=("province", "training_centre", "auditor", "ops", "system"),
        summary="The programme's counts, on a day",
    )
    def get_statistics(self, request: Request) -> Any:
        with self.db.begin() as session:
            return queries.statistics(session, self._day(request))

    @http(
        "POST",
        "/targets",
        body=schemas.NewTarget,
        returns=schemas.Target,
        roles=STAFF,
        status=201,
        problems=(AlreadySet, BelowProvincialGoal),
        summary="Set a target (R15, R50)",
    )
    def set_target(self, request: Request) -> Any:
        with self.db.begin() as session:
            return request.reply(
                session, targets.set_target(session, request.caller, request.body, self.clock), status=201
            )

    @http(
        "PUT",
        "/targets/<target_id>",
        body=schemas.TargetRevision,
        returns=schemas.Target,
        roles=STAFF,
        problems=(BelowProvincialGoal,),
        summary="Revise a target; needs If-Match",
    )
    def revise_target(self, request: Request, target_id: str) -> Any:
        with self.db.begin() as session:
            revised = targets.revise(session, request.caller, target_id, request.if_match, request.body, self.clock)
            return request.reply(session, revised)

    @http(
        "GET",
        "/targets",
        query=schemas.TargetFilters,
        returns=schemas.Target,
        roles=READERS,
        paged=True,
        summary="Targets of the province and of the caller's division",
    )
    def list_targets(self, request: Request) -> Page:
        with self.db.begin() as session:
            return queries.targets(session, request.caller, request.query, self.clock.today(), request.page)

    def _day(self, request: Request) -> date:
        return request.query.get("on") or self.clock.today()
