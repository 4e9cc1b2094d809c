"""Routes of proposals, of problems and hazards, and of public service."""

from __future__ import annotations

from chassis.http import Page, Response, http
from programme.callers import Role
from programme.http import Request
from registry import queries, schemas
from registry.api.base import OFFICE_READERS, STAFF, Routes
from registry.domain.conduct import BeforeItBegan, DecidedFinally, HazardClosed, OutsideTheOffice
from registry.queries import HazardFilters, ProposalFilters, ServiceFilters, ServiceYear
from registry.usecases import conduct
from registry.usecases.conduct import CloseHazard, DecideProposal, MakeProposal, RecordService, ReportHazard

OWNERS = (Role.CQO, Role.ENTERPRISE)
REPORTERS = (*STAFF, Role.CQO)  # as of incidents: the enterprise's account can't hold a report back


class ConductRoutes(Routes):
    """What a CQO does beside the yearly duties (R42, R46, R49)."""

    @http(
        "POST",
        "/appointments/<appointment_id>/proposals",
        body=schemas.NewProposal,
        returns=schemas.Proposal,
        status=201,
        roles=OWNERS,
        problems=(OutsideTheOffice,),
        summary="Record a proposal to the decision level (R42)",
    )
    def make_proposal(self, request: Request[MakeProposal], appointment_id: str) -> Response:
        with self.db.begin() as session:
            made = conduct.propose(session, request.caller, appointment_id, request.body, self.clock)
            return request.reply(session, made)

    @http(
        "POST",
        "/proposals/<proposal_id>/decision",
        body=schemas.NewProposalDecision,
        returns=schemas.Proposal,
        roles=OWNERS,
        problems=(DecidedFinally, BeforeItBegan),
        summary="Record what the decision level made of it",
    )
    def decide_proposal(self, request: Request[DecideProposal], proposal_id: str) -> Response:
        with self.db.begin() as session:
            found = conduct.decide(session, request.caller, proposal_id, request.body, self.clock)
            return request.reply(session, found)

    @http(
        "GET",
        "/proposals",
        query=schemas.ProposalFilters,
        returns=schemas.Proposal,
        roles=OFFICE_READERS,
        paged=True,
        summary="Proposals, decided or not",
    )
    def list_proposals(self, request: Request[None, ProposalFilters]) -> Page:
        with self.db.begin() as session:
            return queries.proposals(session, request.caller, request.query, self.clock.today(), request.page)

    @http(
        "POST",
        "/appointments/<appointment_id>/hazards",
        body=schemas.NewHazard,
        returns=schemas.Hazard,
        status=201,
        roles=REPORTERS,
        problems=(OutsideTheOffice,),
        summary="Report a problem or a hidden hazard (R46); it can be neither edited nor withdrawn",
    )
    def report_hazard(self, request: Request[ReportHazard], appointment_id: str) -> Response:
        with self.db.begin() as session:
            found = conduct.report(session, request.caller, appointment_id, request.body, self.clock)
            return request.reply(session, found)

    @http(
        "POST",
        "/hazards/<hazard_id>/closing",
        body=schemas.HazardClosing,
        returns=schemas.Hazard,
        roles=REPORTERS,
        problems=(HazardClosed, BeforeItBegan),
        summary="It was dealt with, on a day and by a measure",
    )
    def close_hazard(self, request: Request[CloseHazard], hazard_id: str) -> Response:
        with self.db.begin() as session:
            found = conduct.close(session, request.caller, hazard_id, request.body, self.clock)
            return request.reply(session, found)

    @http(
        "GET",
        "/hazards",
        query=schemas.HazardFilters,
        returns=schemas.Hazard,
        roles=OFFICE_READERS,
        paged=True,
        summary="Problems and hazards, open or overdue",
    )
    def list_hazards(self, request: Request[None, HazardFilters]) -> Page:
        with self.db.begin() as session:
            return queries.hazards(session, request.caller, request.query, self.clock.today(), request.page)

    @http(
        "POST",
        "/appointments/<appointment_id>/public-service",
        body=schemas.NewPublicService,
        returns=schemas.PublicService,
        status=201,
        roles=OWNERS,
        problems=(OutsideTheOffice,),
        summary="Record hours of public service (R49)",
    )
    def record_service(self, request: Request[RecordService], appointment_id: str) -> Response:
        with self.db.begin() as session:
            made = conduct.record_service(session, request.caller, appointment_id, request.body, self.clock)
            return request.reply(session, made)

    @http(
        "GET",
        "/public-service",
        query=schemas.PublicServiceFilters,
        returns=schemas.PublicService,
        roles=OFFICE_READERS,
        paged=True,
        summary="Public service, by year",
    )
    def list_services(self, request: Request[None, ServiceFilters]) -> Page:
        with self.db.begin() as session:
            return queries.public_services(session, request.caller, request.query, self.clock.today(), request.page)

    @http(
        "GET",
        "/appointments/<appointment_id>/public-service",
        returns=schemas.ServiceYears,
        roles=OFFICE_READERS,
        summary="Hours of public service in an appointment, summed by calendar year",
    )
    def sum_services(self, request: Request[None], appointment_id: str) -> dict[str, list[ServiceYear]]:
        with self.db.begin() as session:
            return {"items": queries.service_years(session, request.caller, appointment_id, self.clock.today())}
