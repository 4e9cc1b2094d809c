"""What other government systems have subscribed to, and what they are given."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, Date, Identity, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import aggregate_columns, day_column, flag_column, member_column, text_column
from notifications.domain.subscription import State, Way
from notifications.storage.base import instant, metadata

subscription = Table(
    "subscription",
    metadata,
    *aggregate_columns(),
    text_column("name"),
    text_column("subscriber"),  # the claim `subscriber` of its tokens
    text_column("contact_email"),  # sealed, and bound to the subscription's id
    text_column("legal_basis"),
    text_column("purpose"),
    # What is granted; `proposed` is what it is to be once a province has approved it.
    day_column("ends_on"),  # the last day
    Column("types", ARRAY(Text), nullable=False),
    text_column("division", nullable=True),  # NULL: the province
    Column("fields", JSONB, nullable=False),  # of each type, the fields of its data
    member_column("way", Way),
    Column("target", JSONB, nullable=False),
    Column("proposed", JSONB(none_as_null=True), nullable=True),
    text_column("pseudonym_key"),  # sealed; empty once it has ended
    member_column("state", State),
    text_column("reason", nullable=True),  # of the last refusal, pause, or end
    text_column("stopped_by", nullable=True),  # the role that paused it
    text_column("entered_by"),
    instant("entered_at"),
    text_column("approved_by", nullable=True),
    instant("approved_at", nullable=True),
    instant("kept_since", nullable=True),
    instant("ended_at", nullable=True),
    Column("next_sequence", BigInteger, nullable=False, server_default="1"),
    Index("ix_subscription_subscriber_id", "subscriber", "id"),
)

# What the inbox applied of kinds that somebody subscribes to, until it is handed to the subscriptions.
public_event = Table(
    "public_event",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    text_column("event_id"),
    text_column("type"),
    text_column("division", nullable=True),
    Column("envelope", JSONB, nullable=False),
    instant("received_at"),
)

# Where the aggregates of those kinds were at their last event.
public_place = Table(
    "public_place", metadata, text_column("aggregate", primary_key=True), text_column("division", nullable=True)
)

# How far this service's own feed has been handed to the subscriptions.
own_feed_place = Table(
    "own_feed_place",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
)

# One feed for each subscription: 1, 2, 3 … without a gap. `body` is the CloudEvent as it goes out, on all three ways.
subscription_event = Table(
    "subscription_event",
    metadata,
    text_column("subscription_id", primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("previous_sequence", BigInteger, nullable=False),
    text_column("event_id"),
    text_column("source"),
    text_column("type"),
    text_column("subject"),
    text_column("partitionkey"),  # the aggregate, as the subscriber knows it; the order within it is kept
    instant("occurred_at"),
    text_column("body"),
    flag_column("left"),
    instant("created_at"),
)

# What a subscription was given on a day that is over.
subscription_manifest = Table(
    "subscription_manifest",
    metadata,
    text_column("subscription_id", primary_key=True),
    Column("day", Date, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("first_sequence", BigInteger, nullable=True),
    Column("last_sequence", BigInteger, nullable=False),  # of that day, or before it
    Column("types", JSONB, nullable=False),
    instant("made_at"),
)

# Up to where each subscriber has the events of its feed, as it last said by `after`. A table of its own, so that who
# asks does not wait for the row of the subscription.
subscription_fetch = Table(
    "subscription_fetch",
    metadata,
    text_column("subscription_id", primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    instant("at"),
)
