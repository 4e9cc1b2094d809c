"""Reporting's HTTP API: a table of contents. Each entrypoint opens the transaction and hands over."""

from __future__ import annotations

from datetime import date

from chassis.clock import Clock
from chassis.data import ClockProvider, Database
from chassis.http import AuditRoutes, HttpService, Page, http
from chassis.messaging import FeedRoutes, OpsRoutes
from chassis.process import HealthRoutes
from programme import scope
from programme.callers import Role
from programme.http import Request, Response
from programme.ruleset_routes import RuleSetRoutes
from reporting import queries, schemas, views
from reporting.domain.coverage import UnknownUnit
from reporting.domain.target import PROVINCE, AlreadySet, BelowGoalAbove, BelowProvincialGoal, TargetsBelow
from reporting.queries import CoverageFilters, OnDay, RecordFilters, TargetFilters
from reporting.usecases import targets
from reporting.usecases.targets import ReviseTarget, SetTarget

STAFF = frozenset({Role.PROVINCE, Role.DIVISION})
NOT_IN_LINE = (BelowProvincialGoal, BelowGoalAbove, TargetsBelow)  # with the targets above and below
READERS = STAFF | {Role.TRAINING_CENTRE, Role.SYSTEM, Role.AUDITOR, Role.OPS}


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
    def get_coverage(self, request: Request[None, CoverageFilters]) -> views.CoverageFigures:
        with self.db.begin() as session:
            return queries.coverage(session, request.caller, self._day(request.query), request.query.population)

    @http(
        "GET",
        "/coverage/records",
        query=schemas.RecordQuery,
        returns=schemas.CoverageRecord,
        roles=READERS,
        paged=True,
        problems=(UnknownUnit,),
        summary="The enterprises behind a figure of coverage",
    )
    def list_records(self, request: Request[None, RecordFilters]) -> Page:
        with self.db.begin() as session:
            return queries.records(session, request.caller, request.query, self._day(request.query), request.page)

    @http(
        "GET",
        "/statistics",
        query=schemas.OnDay,
        returns=schemas.Statistics,
        roles=READERS - {Role.DIVISION},
        summary="The programme's counts, on a day",
    )
    def get_statistics(self, request: Request[None, OnDay]) -> views.Statistics:
        with self.db.begin() as session:
            scope.require_within(session, PROVINCE, request.caller, self.clock.today())
            return queries.statistics(session, self._day(request.query))

    @http(
        "POST",
        "/targets",
        body=schemas.NewTarget,
        returns=schemas.Target,
        roles=STAFF,
        status=201,
        problems=(AlreadySet, *NOT_IN_LINE),
        summary="Set a target (R15, R50)",
    )
    def set_target(self, request: Request[SetTarget]) -> Response:
        with self.db.begin() as session:
            target = targets.set_target(session, request.caller, request.body, self.clock)
            return request.reply(session, target)

    @http(
        "PUT",
        "/targets/<target_id>",
        body=schemas.TargetRevision,
        returns=schemas.Target,
        versioned=True,
        roles=STAFF,
        problems=NOT_IN_LINE,
        summary="Revise a target; needs If-Match",
    )
    def revise_target(self, request: Request[ReviseTarget], target_id: str) -> Response:
        version = request.if_match
        with self.db.begin() as session:
            target = targets.revise_target(session, request.caller, target_id, version, request.body, self.clock)
            return request.reply(session, target)

    @http(
        "GET",
        "/targets",
        query=schemas.TargetQuery,
        returns=schemas.Target,
        roles=READERS,
        paged=True,
        summary="Targets of the province and of the caller's division",
    )
    def list_targets(self, request: Request[None, TargetFilters]) -> Page:
        with self.db.begin() as session:
            return queries.targets(session, request.caller, request.query, self.clock.today(), request.page)

    def _day(self, asked: OnDay) -> date:
        return asked.on or self.clock.today()
