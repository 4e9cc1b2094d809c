"""Training's HTTP API: a table of contents. Each entrypoint opens the transaction and hands over to a use case."""

from __future__ import annotations

from chassis.http import AuditRoutes, HttpService
from chassis.messaging import FeedRoutes, OpsRoutes
from chassis.process import HealthRoutes
from programme.ruleset_routes import RuleSetRoutes
from training import schemas
from training.api.certificates import CertificateRoutes
from training.api.classes import ClassRoutes
from training.api.education import EducationRoutes
from training.api.plans import PlanRoutes
from training.api.revisions import RevisionRoutes
from training.api.teaching import TeachingRoutes
from training.api.verification import VerificationRoutes


class Api(
    PlanRoutes,
    ClassRoutes,
    RevisionRoutes,
    CertificateRoutes,
    VerificationRoutes,
    EducationRoutes,
    TeachingRoutes,
    RuleSetRoutes,
    AuditRoutes,
    FeedRoutes,
    OpsRoutes,
    HealthRoutes,
    HttpService,
):
    """Classes, exams, trainers, certificates and the yearly education ledger."""

    name = "training-api"
    title = "Training and certificates of Chief Quality Officers"
    ruleset_schema = schemas.RuleSetParameters
