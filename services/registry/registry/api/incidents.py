"""Routes of incidents: entered and added to; there is none by which one could be edited or withdrawn (R47)."""

from __future__ import annotations

from chassis.http import Page, Response, http
from programme.callers import Role
from programme.http import Request
from registry import queries, schemas, views
from registry.api.base import PEOPLE_READERS, STAFF, Routes
from registry.domain.incident import (
    AlreadyClosed,
    AlreadyForwarded,
    FinalAlready,
    InTheFuture,
    KnownBeforeItHappened,
    NotYetClosed,
)
from registry.queries import IncidentFilters
from registry.usecases import incidents
from registry.usecases.incidents import AddReport, CloseIncident, ForwardIncident, ReportIncident
from registry.views import View

REPORTERS = (*STAFF, Role.CQO)


class IncidentRoutes(Routes):
    """Quality-safety incidents, reported by the CQO (R45–R47)."""

    @http(
        "POST",
        "/enterprises/<enterprise_id>/incidents",
        body=schemas.NewIncident,
        returns=schemas.Incident,
        status=201,
        roles=REPORTERS,
        problems=(InTheFuture, KnownBeforeItHappened),
        summary="Report an incident, grade I to IV (R45)",
    )
    def report_incident(self, request: Request[ReportIncident], enterprise_id: str) -> Response:
        with self.db.begin() as session:
            made = incidents.report(session, request.caller, enterprise_id, request.body, self.clock)
            return request.reply(session, made)

    @http(
        "GET",
        "/incidents",
        query=schemas.IncidentFilters,
        returns=schemas.Incident,
        roles=PEOPLE_READERS,
        paged=True,
        summary="Incidents, by grade, or whose final report is overdue",
    )
    def list_incidents(self, request: Request[None, IncidentFilters]) -> Page:
        with self.db.begin() as session:
            return queries.incidents(session, request.caller, request.query, self.clock.today(), request.page)

    @http(
        "GET",
        "/incidents/<incident_id>",
        returns=schemas.IncidentWithReports,
        roles=PEOPLE_READERS,
        summary="An incident with all its reports",
    )
    def get_incident(self, request: Request[None], incident_id: str) -> View:
        with self.db.begin() as session:
            today = self.clock.today()
            return views.incident_view(*queries.incident_with_reports(session, request.caller, incident_id, today))

    @http(
        "POST",
        "/incidents/<incident_id>/reports",
        body=schemas.NewIncidentReport,
        returns=schemas.Incident,
        roles=REPORTERS,
        problems=(NotYetClosed, FinalAlready),
        summary="Add a stage report, or the final one",
    )
    def add_report(self, request: Request[AddReport], incident_id: str) -> Response:
        with self.db.begin() as session:
            found = incidents.add_report(session, request.caller, incident_id, request.body, self.clock)
            return request.reply(session, found)

    @http(
        "POST",
        "/incidents/<incident_id>/forwarding",
        body=schemas.Forwarding,
        returns=schemas.Incident,
        roles=STAFF,
        problems=(AlreadyForwarded,),
        summary="The bureau tells the province of an incident, within the rule set's hours or late (R45)",
    )
    def forward_incident(self, request: Request[ForwardIncident], incident_id: str) -> Response:
        with self.db.begin() as session:
            found = incidents.forward(session, request.caller, incident_id, request.body, self.clock)
            return request.reply(session, found)

    @http(
        "POST",
        "/incidents/<incident_id>/closing",
        body=schemas.IncidentClosing,
        returns=schemas.Incident,
        roles=REPORTERS,
        problems=(AlreadyClosed, InTheFuture, KnownBeforeItHappened),
        summary="The handling is done; the final report is due from then on",
    )
    def close_incident(self, request: Request[CloseIncident], incident_id: str) -> Response:
        with self.db.begin() as session:
            found = incidents.close(session, request.caller, incident_id, request.body, self.clock)
            return request.reply(session, found)
