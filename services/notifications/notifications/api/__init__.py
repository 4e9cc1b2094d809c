"""The HTTP API of notifications: a table of contents. Each entrypoint opens the transaction and hands over."""

from __future__ import annotations

from chassis.http import AuditRoutes, HttpService
from chassis.messaging import FeedRoutes, OpsRoutes
from chassis.process import HealthRoutes
from notifications import schemas
from notifications.api.channels import ChannelRoutes
from notifications.api.coverage import CoverageRoutes
from notifications.api.inbox import InboxRoutes
from notifications.api.notices import NoticeRoutes
from notifications.api.planning import PlanRoutes
from notifications.api.preferences import PreferenceRoutes
from notifications.api.queues import QueueRoutes
from notifications.api.subscribers import SubscriberRoutes
from notifications.api.subscriptions import SubscriptionRoutes
from notifications.api.templates import TemplateRoutes
from notifications.api.webhooks import WebhookRoutes
from notifications.storage import calendar_year
from programme.calendars import CalendarRoutes
from programme.ruleset_routes import RuleSetRoutes


class Api(
    HttpService,
    # What every service has.
    HealthRoutes,
    FeedRoutes,
    OpsRoutes,
    AuditRoutes,
    RuleSetRoutes,
    # Its own.
    InboxRoutes,
    NoticeRoutes,
    PreferenceRoutes,
    TemplateRoutes,
    CoverageRoutes,
    PlanRoutes,
    CalendarRoutes,
    ChannelRoutes,
    SubscriptionRoutes,
    SubscriberRoutes,
    QueueRoutes,
    WebhookRoutes,
):
    """Inboxes, notices with their deliveries, the proof that everybody was told, and other systems' subscriptions."""

    name = "notifications-api"
    title = "Notices of the Chief Quality Officer programme"
    ruleset_schema = schemas.RuleSetParameters
    calendar_year = calendar_year
