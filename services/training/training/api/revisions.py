"""Outcomes after the closing: resits, corrections, appeals."""

from __future__ import annotations

from chassis.http import Page, Response, http
from programme.callers import Role
from programme.http import Request
from training import queries, schemas
from training.api.base import CENTRE, PEOPLE_READERS, Routes
from training.domain.appeal import AppealIsDecided, AppealIsOpen, TooLateToAppeal
from training.domain.class_refusals import BlockUnknown, SessionUnknown
from training.domain.enrolment import (
    AttendedBySession,
    HoursBeyondBlock,
    HoursBeyondSession,
    NothingToResit,
    NotJudgedYet,
    TooLateToResit,
    TooManySittings,
)
from training.usecases import appeals, revisions

WRONG_HOURS = (BlockUnknown, HoursBeyondBlock, SessionUnknown, HoursBeyondSession, AttendedBySession)


class RevisionRoutes(Routes):
    """What becomes of an outcome after its class was closed."""

    @http(
        "POST",
        "/enrolments/<enrolment_id>/resit",
        body=schemas.Resit,
        returns=schemas.Enrolment,
        versioned=True,
        roles=CENTRE,
        problems=(NotJudgedYet, NothingToResit, TooLateToResit, TooManySittings),
        summary="Enter a resit after the class was closed; needs If-Match (R59)",
    )
    def enter_resit(self, request: Request[revisions.Resit], enrolment_id: str) -> Response:
        with self.db.begin() as session:
            version, command = request.if_match, request.body
            judged = revisions.resit(session, request.caller, enrolment_id, version, command, self.clock)
            return request.reply(session, judged)

    @http(
        "POST",
        "/enrolments/<enrolment_id>/correct",
        body=schemas.Correction,
        returns=schemas.Enrolment,
        versioned=True,
        roles=CENTRE,
        problems=(NotJudgedYet, TooManySittings, *WRONG_HOURS),
        summary="Correct hours or scores of a closed class, on a document; needs If-Match",
    )
    def correct_enrolment(self, request: Request[revisions.Correct], enrolment_id: str) -> Response:
        with self.db.begin() as session:
            version, command = request.if_match, request.body
            judged = revisions.correct(session, request.caller, enrolment_id, version, command, self.clock)
            return request.reply(session, judged)

    @http(
        "POST",
        "/enrolments/<enrolment_id>/appeals",
        body=schemas.NewAppeal,
        returns=schemas.Appeal,
        roles=(*CENTRE, Role.DIVISION, Role.ENTERPRISE, Role.CQO),
        status=201,
        problems=(NotJudgedYet, TooLateToAppeal, AppealIsOpen),
        summary="Appeal against an outcome",
    )
    def submit_appeal(self, request: Request[appeals.SubmitAppeal], enrolment_id: str) -> Response:
        with self.db.begin() as session:
            appeal = appeals.submit(session, request.caller, enrolment_id, request.body, self.clock)
            return request.reply(session, appeal)

    @http(
        "GET",
        "/appeals",
        query=schemas.AppealFilters,
        returns=schemas.Appeal,
        roles=PEOPLE_READERS,
        paged=True,
        summary="Appeals against outcomes",
    )
    def list_appeals(self, request: Request[None, queries.AppealFilters]) -> Page:
        with self.db.begin() as session:
            return queries.list_appeals(session, request.caller, request.query, self.clock.today(), request.page)

    @http(
        "POST",
        "/appeals/<appeal_id>/decide",
        body=schemas.AppealDecision,
        returns=schemas.Appeal,
        versioned=True,
        roles=CENTRE,
        problems=(AppealIsDecided,),
        summary="Decide an appeal, on a document; needs If-Match",
    )
    def decide_appeal(self, request: Request[appeals.DecideAppeal], appeal_id: str) -> Response:
        with self.db.begin() as session:
            version, command = request.if_match, request.body
            decided = appeals.decide(session, request.caller, appeal_id, version, command, self.clock)
            return request.reply(session, decided)
