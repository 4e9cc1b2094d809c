"""The registry's HTTP API: a table of contents. Each entrypoint opens the transaction and hands over to a use case."""

from __future__ import annotations

from chassis.http import AuditRoutes, HttpService
from chassis.messaging import FeedRoutes, OpsRoutes
from chassis.process import HealthRoutes
from programme.calendars import CalendarRoutes
from programme.ruleset_routes import RuleSetRoutes
from registry import schemas, storage
from registry.api.appointments import AppointmentRoutes
from registry.api.breaches import BreachRoutes
from registry.api.conduct import ConductRoutes
from registry.api.contact_requests import ContactRequestRoutes
from registry.api.corrections import CorrectionRoutes
from registry.api.divisions import DivisionRoutes
from registry.api.documents import DocumentRoutes
from registry.api.duties import DutyRoutes
from registry.api.enterprises import EnterpriseRoutes
from registry.api.exclusions import ExclusionRoutes
from registry.api.exports import ExportRoutes
from registry.api.grades import GradeRoutes
from registry.api.imports import ImportRoutes
from registry.api.incidents import IncidentRoutes
from registry.api.people import PeopleRoutes
from registry.api.posts import PostRoutes
from registry.api.quality_posts import QualityPostRoutes
from registry.api.recommendations import RecommendationRoutes
from registry.api.talents import TalentRoutes
from registry.api.worklists import WorklistRoutes


class Api(
    HttpService,
    # What every service has.
    HealthRoutes,
    FeedRoutes,
    OpsRoutes,
    AuditRoutes,
    RuleSetRoutes,
    # The registry's own.
    DivisionRoutes,
    EnterpriseRoutes,
    CorrectionRoutes,
    PostRoutes,
    QualityPostRoutes,
    PeopleRoutes,
    RecommendationRoutes,
    IncidentRoutes,
    ExclusionRoutes,
    TalentRoutes,
    ContactRequestRoutes,
    AppointmentRoutes,
    ImportRoutes,
    ExportRoutes,
    CalendarRoutes,
    WorklistRoutes,
    DocumentRoutes,
    DutyRoutes,
    BreachRoutes,
    ConductRoutes,
    GradeRoutes,
):
    """Enterprises, people, the talent pool and appointments."""

    name = "registry-api"
    title = "Registry of Chief Quality Officers"
    ruleset_schema = schemas.RuleSetParameters
    calendar_year = storage.calendar_year
