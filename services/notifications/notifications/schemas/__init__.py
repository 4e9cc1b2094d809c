"""What comes in and goes out over HTTP: filters, answers, and the parameters of a rule set.

What is read of others' events stands in `handlers/`, beside what is done with it.
"""

from notifications.schemas.channels import DeliveryOfRecipient, EnteredReceipts, NewReceipts, NewRobot, Robot
from notifications.schemas.coverage import AskForAudit, Fixed, Gap, GapFilters
from notifications.schemas.coverage import Run as CoverageRun
from notifications.schemas.coverage import RunInFull as CoverageRunInFull
from notifications.schemas.notices import (
    Delivery,
    InboxFilters,
    InboxItem,
    Notice,
    NoticeFilters,
    NoticeInFull,
    Summary,
    SummaryFilters,
)
from notifications.schemas.plan import NewDryRun, PlanFilters, PlanItem
from notifications.schemas.preferences import Prefer, Preferences
from notifications.schemas.proof import Proof, ProofFilters
from notifications.schemas.queues import QueueCredentials, SubscriberQueue
from notifications.schemas.rulesets import RuleSetParameters
from notifications.schemas.subscriptions import (
    Catalogue,
    EventType,
    Manifest,
    NewSubscription,
    Reason,
    Subscription,
    SubscriptionChanges,
    SubscriptionFeedQuery,
    SubscriptionFilters,
    SubscriptionStatus,
)
from notifications.schemas.templates import (
    Draft,
    Edition,
    EditTemplate,
    ListedTemplates,
    PreviewFilters,
    Previews,
    RestoreTemplate,
    Template,
)
from notifications.schemas.webhooks import (
    Asked,
    ClientCertificate,
    Errand,
    LogFilters,
    NewKey,
    RecoveredFrom,
    Recovery,
    Skip,
    WebhookAttempt,
    WebhookDelivery,
    WebhookKey,
    WebhookKeyInFull,
    WebhookKeys,
    WebhookStatistics,
)

__all__ = [
    "AskForAudit",
    "Asked",
    "Catalogue",
    "ClientCertificate",
    "CoverageRun",
    "CoverageRunInFull",
    "Delivery",
    "DeliveryOfRecipient",
    "Draft",
    "EditTemplate",
    "Edition",
    "EnteredReceipts",
    "Errand",
    "EventType",
    "Fixed",
    "Gap",
    "GapFilters",
    "InboxFilters",
    "InboxItem",
    "ListedTemplates",
    "LogFilters",
    "Manifest",
    "NewDryRun",
    "NewKey",
    "NewReceipts",
    "NewRobot",
    "NewSubscription",
    "Notice",
    "NoticeFilters",
    "NoticeInFull",
    "PlanFilters",
    "PlanItem",
    "Prefer",
    "Preferences",
    "PreviewFilters",
    "Previews",
    "Proof",
    "ProofFilters",
    "QueueCredentials",
    "Reason",
    "RecoveredFrom",
    "Recovery",
    "RestoreTemplate",
    "Robot",
    "RuleSetParameters",
    "Run",
    "RunInFull",
    "Skip",
    "SubscriberQueue",
    "Subscription",
    "SubscriptionChanges",
    "SubscriptionFeedQuery",
    "SubscriptionFilters",
    "SubscriptionStatus",
    "Summary",
    "SummaryFilters",
    "Template",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookKey",
    "WebhookKeyInFull",
    "WebhookKeys",
    "WebhookStatistics",
]
