"""Recommendations of candidates, and their review."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, text

from chassis.data import aggregate_columns, day_column, flag_column, member_column, serial_column, text_column
from registry.domain.recommendation import RecommendationStatus
from registry.storage.base import metadata

recommendation = Table(
    "recommendation",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("enterprise_id", ForeignKey("enterprise.id"), index=True),
    text_column("person_id", ForeignKey("person.id"), index=True),
    text_column("document"),
    day_column("recommended_on"),
    day_column("review_due_on"),
    Column("ruleset", Integer, nullable=False),
    member_column("status", RecommendationStatus),
    day_column("decided_on", nullable=True),
    text_column("remark", nullable=True),
    # The lock on the person keeps two apart; this holds even against a bug in it.
    Index(
        "uq_recommendation_open",
        "person_id",
        "enterprise_id",
        unique=True,
        postgresql_where=text("status IN ('recommended', 'returned')"),
    ),
    # The worklist: what waits for a review, the oldest first.
    Index("ix_recommendation_to_review", "review_due_on", postgresql_where=text("status = 'recommended'")),
)

recommendation_evidence = Table(
    "recommendation_evidence",
    metadata,
    serial_column(),
    text_column("recommendation_id", ForeignKey("recommendation.id"), index=True),
    text_column("rule"),
    text_column("statement"),
    text_column("document", nullable=True),
    day_column("stated_on"),
)

recommendation_decision = Table(
    "recommendation_decision",
    metadata,
    serial_column(),
    text_column("recommendation_id", ForeignKey("recommendation.id"), index=True),
    text_column("person_id", index=True),
    text_column("rule"),
    flag_column("met"),
    text_column("grounds"),
    text_column("reviewer"),
    day_column("decided_on"),
)
