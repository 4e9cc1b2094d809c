"""Routes of breaches: entered by one, reviewed by another."""

from __future__ import annotations

from chassis.http import Page, Response, http
from programme.callers import Role
from programme.http import Request
from registry import queries, schemas
from registry.api.base import OFFICE_READERS, STAFF, Routes
from registry.domain.breach import (
    Breach,
    EnteredByTheSame,
    LiftedBeforeConfirmed,
    NotConfirmed,
    NotInOfficeThen,
    ReviewedAlready,
)
from registry.queries import BreachFilters
from registry.usecases import breaches
from registry.usecases.breaches import EnterBreach, LiftBreach, ReviewBreach


class BreachRoutes(Routes):
    """Breaches of secrecy and of independence (R47, R48)."""

    @http(
        "POST",
        "/appointments/<appointment_id>/breaches",
        body=schemas.NewBreach,
        returns=schemas.Breach,
        status=201,
        roles=STAFF,
        problems=(NotInOfficeThen,),
        summary="Enter a breach of conduct by the holder of an appointment",
    )
    def enter_breach(self, request: Request[EnterBreach], appointment_id: str) -> Response:
        with self.db.begin() as session:
            entered = breaches.enter(session, request.caller, appointment_id, request.body, self.clock)
            return request.reply(session, entered)

    @http(
        "GET",
        "/breaches",
        query=schemas.BreachFilters,
        returns=schemas.Breach,
        roles=OFFICE_READERS,
        paged=True,
        summary="Breaches; the enterprise and the CQO are shown those that were confirmed",
    )
    def list_breaches(self, request: Request[None, BreachFilters]) -> Page:
        with self.db.begin() as session:
            return queries.breaches(session, request.caller, request.query, self.clock.today(), request.page)

    @http(
        "GET",
        "/breaches/<breach_id>",
        returns=schemas.Breach,
        roles=OFFICE_READERS,
        summary="A breach",
    )
    def get_breach(self, request: Request[None], breach_id: str) -> Breach:
        with self.db.begin() as session:
            return queries.breach_by_id(session, request.caller, breach_id, self.clock.today())

    @http(
        "POST",
        "/breaches/<breach_id>/review",
        body=schemas.BreachReview,
        returns=schemas.Breach,
        roles=STAFF,
        problems=(ReviewedAlready, EnteredByTheSame),
        summary="Confirm a breach, which has its consequence at once, or dismiss it",
    )
    def review_breach(self, request: Request[ReviewBreach], breach_id: str) -> Response:
        with self.db.begin() as session:
            reviewed = breaches.review(session, request.caller, breach_id, request.body, self.clock)
            return request.reply(session, reviewed)

    @http(
        "POST",
        "/breaches/<breach_id>/lifting",
        body=schemas.BreachLifting,
        returns=schemas.Breach,
        roles=(Role.PROVINCE,),
        problems=(NotConfirmed, LiftedBeforeConfirmed),
        summary="Lift a confirmed breach, and undo what it alone has caused",
    )
    def lift_breach(self, request: Request[LiftBreach], breach_id: str) -> Response:
        with self.db.begin() as session:
            lifted = breaches.lift(session, request.caller, breach_id, request.body, self.clock)
            return request.reply(session, lifted)
