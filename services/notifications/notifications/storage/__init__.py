"""The service's tables, and how the domain's objects lie in them. The migrations make the tables; this only maps."""

from __future__ import annotations

from sqlalchemy.orm import registry as mapper_registry
from sqlalchemy.orm import relationship

from notifications.domain.subscription import Subscription
from notifications.storage import sealing
from notifications.storage.base import metadata
from notifications.storage.channels import bad_address, digest, limit_usage, robot
from notifications.storage.counts import cause_change, cause_sum, delivery_change, delivery_sum
from notifications.storage.coverage import (
    coverage_figure,
    coverage_gap,
    coverage_run,
    former,
    mail_taken,
    unsealed_until,
)
from notifications.storage.editions import edition
from notifications.storage.facts import calendar_year, certificate, matter, planning
from notifications.storage.notices import cause, cause_passed, delivery, notice, reading
from notifications.storage.people import appointment, contact, enterprise, person, training_class
from notifications.storage.preferences import preference
from notifications.storage.queues import subscriber_queue
from notifications.storage.stored import StoredDelivery, StoredNotice
from notifications.storage.subscriptions import (
    own_feed_place,
    public_event,
    public_place,
    subscription,
    subscription_event,
    subscription_fetch,
    subscription_manifest,
)
from notifications.storage.webhooks import (
    subscriber_letter,
    webhook_endpoint,
    webhook_errand,
    webhook_key,
    webhook_log,
    webhook_sum,
    webhook_waiting,
)
from programme import tables

METADATA = (metadata, tables.metadata)  # all that its migrations make, beside the chassis's

mapper = mapper_registry(metadata=metadata)
mapper.map_imperatively(
    StoredNotice,
    notice,
    properties={"deliveries": relationship(StoredDelivery, back_populates="notice", order_by=delivery.c.channel)},
)
mapper.map_imperatively(
    StoredDelivery,
    delivery,
    properties={"notice": relationship(StoredNotice, back_populates="deliveries", innerjoin=True)},
)
mapper.map_imperatively(Subscription, subscription)

sealing.seal_what_is_written()

__all__ = [
    "METADATA",
    "StoredDelivery",
    "StoredNotice",
    "appointment",
    "bad_address",
    "calendar_year",
    "cause",
    "cause_change",
    "cause_passed",
    "cause_sum",
    "certificate",
    "contact",
    "coverage_figure",
    "coverage_gap",
    "coverage_run",
    "delivery",
    "delivery_change",
    "delivery_sum",
    "digest",
    "edition",
    "enterprise",
    "former",
    "limit_usage",
    "mail_taken",
    "mapper",
    "matter",
    "metadata",
    "notice",
    "own_feed_place",
    "person",
    "planning",
    "preference",
    "public_event",
    "public_place",
    "reading",
    "robot",
    "subscriber_letter",
    "subscriber_queue",
    "subscription",
    "subscription_event",
    "subscription_fetch",
    "subscription_manifest",
    "training_class",
    "unsealed_until",
    "webhook_endpoint",
    "webhook_errand",
    "webhook_key",
    "webhook_log",
    "webhook_sum",
    "webhook_waiting",
]
