"""The queues of the subscriptions that are received by AMQP."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Table, text

from chassis.data import text_column
from notifications.storage.base import instant, metadata

# Of each subscription that is received by AMQP: the hash of its password, as the broker keeps it too, and the sequence
# up to which the broker has confirmed its deliveries.
subscriber_queue = Table(
    "subscriber_queue",
    metadata,
    text_column("subscription_id", ForeignKey("subscription.id", ondelete="CASCADE"), primary_key=True),
    text_column("password_hash", nullable=True),
    instant("password_made_at", nullable=True),
    Column("published", BigInteger, nullable=False, server_default=text("0")),
)
