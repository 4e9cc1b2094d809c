"""Routes of corrections."""

from __future__ import annotations

from chassis.http import Page, Response, http
from programme.callers import Role
from programme.http import Request
from registry import queries, schemas
from registry.api.base import APPLICANTS, STAFF, Routes
from registry.queries import CorrectionFilters
from registry.usecases import corrections
from registry.usecases.corrections import DecideCorrection, ProposeCorrection


class CorrectionRoutes(Routes):
    """What enterprises propose to correct in the register."""

    @http(
        "POST",
        "/enterprises/<enterprise_id>/corrections",
        body=schemas.NewCorrection,
        returns=schemas.Correction,
        status=201,
        roles=(Role.ENTERPRISE,),
        summary="Propose a correction to what the register says of your enterprise (R7)",
    )
    def propose_correction(self, request: Request[ProposeCorrection], enterprise_id: str) -> Response:
        with self.db.begin() as session:
            proposed = corrections.propose(session, request.caller, enterprise_id, request.body, self.clock)
            return request.reply(session, proposed)

    @http(
        "GET",
        "/corrections",
        query=schemas.CorrectionFilters,
        returns=schemas.Correction,
        roles=APPLICANTS,
        paged=True,
        summary="Corrections, decided or not",
    )
    def list_corrections(self, request: Request[None, CorrectionFilters]) -> Page:
        with self.db.begin() as session:
            return queries.corrections(session, request.caller, request.query, self.clock.today(), request.page)

    @http(
        "POST",
        "/corrections/<correction_id>/decision",
        body=schemas.CorrectionDecision,
        returns=schemas.Correction,
        roles=STAFF,
        summary="Accept a correction, or refuse it with an answer",
    )
    def decide_correction(self, request: Request[DecideCorrection], correction_id: str) -> Response:
        with self.db.begin() as session:
            decided = corrections.decide(session, request.caller, correction_id, request.body, self.clock)
            return request.reply(session, decided)
