"""Routes of the audit of coverage: who had to be told, beside what each channel accepted."""

from __future__ import annotations

from chassis.http import Page, Response, http
from notifications import schemas
from notifications.api.base import COUNTERS, Routes
from notifications.queries import gaps
from notifications.queries.gaps import GapFilters, Run
from notifications.usecases import coverage, coverage_fixes
from notifications.usecases.coverage import AskForAudit, EmptyPeriod, PeriodTooLong
from notifications.usecases.coverage_fixes import FixedAlready, NothingToSend
from programme.callers import Role
from programme.http import Request

AUDITORS = (Role.PROVINCE, Role.OPS)


class CoverageRoutes(Routes):
    """Audits, their differences, and what is sent to mend them."""

    @http(
        "POST",
        "/coverage",
        body=schemas.AskForAudit,
        returns=schemas.CoverageRun,
        status=202,
        roles=AUDITORS,
        problems=(EmptyPeriod, PeriodTooLong),
        summary="Have the worker audit some days",
    )
    def ask_for_audit(self, request: Request[AskForAudit]) -> Response:
        with self.db.begin() as session:
            run = coverage.ask(session, request.caller, request.body, self.clock)
            found = gaps.run(session, request.caller, run, self.clock.today())
            return request.reply(session, found, {"Location": f"/coverage/{run}"})

    @http(
        "GET",
        "/coverage",
        returns=schemas.CoverageRun,
        roles=COUNTERS,
        paged=True,
        summary="Audits, the newest first",
    )
    def list_audits(self, request: Request[None, None]) -> Page:
        with self.db.begin() as session:
            return gaps.runs(session, request.page)

    @http(
        "GET",
        "/coverage/<run_id>",
        returns=schemas.CoverageRunInFull,
        roles=COUNTERS,
        summary="An audit: what was due, what was accepted, and how many differences of which kind",
    )
    def get_audit(self, request: Request[None, None], run_id: str) -> Run:
        with self.db.begin() as session:
            return gaps.run(session, request.caller, run_id, self.clock.today())

    @http(
        "GET",
        "/coverage/<run_id>/gaps",
        query=schemas.GapFilters,
        returns=schemas.Gap,
        roles=COUNTERS,
        paged=True,
        summary="The differences that an audit found",
    )
    def list_gaps(self, request: Request[None, GapFilters], run_id: str) -> Page:
        with self.db.begin() as session:
            return gaps.gaps(session, request.caller, run_id, request.query, self.clock.today(), request.page)

    @http(
        "POST",
        "/coverage/gaps/<int:gap_id>/fix",
        returns=schemas.Fixed,
        roles=AUDITORS,
        problems=(FixedAlready, NothingToSend),
        summary="Send now what is missing, once",
    )
    def fix_gap(self, request: Request[None, None], gap_id: int) -> Response:
        with self.db.begin() as session:
            fixed = coverage_fixes.fix(session, request.caller, gap_id, self.clock)
            return request.reply(session, fixed)

    @http(
        "POST",
        "/coverage/<run_id>/fix",
        returns=schemas.Fixed,
        roles=AUDITORS,
        summary="Send now what is missing of an audit, up to 500 at once",
    )
    def fix_gaps(self, request: Request[None, None], run_id: str) -> Response:
        with self.db.begin() as session:
            fixed = coverage_fixes.fix_all(session, request.caller, run_id, self.clock)
            return request.reply(session, fixed)
