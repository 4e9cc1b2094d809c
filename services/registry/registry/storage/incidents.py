"""Incidents and the reports of them."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Integer, Table

from chassis.data import aggregate_columns, day_column, flag_column, member_column, serial_column, text_column
from registry.domain.incident import Grade, ReportKind
from registry.storage.base import metadata

incident = Table(
    "incident",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("enterprise_id", ForeignKey("enterprise.id"), index=True),
    text_column("person_id", nullable=True),
    member_column("grade", Grade),
    text_column("subject"),
    *(Column(name, DateTime(timezone=True), nullable=False) for name in ("occurred_at", "known_at", "first_due_at")),
    Column("ruleset", Integer, nullable=False),
    day_column("closed_on", nullable=True),
    day_column("final_due_on", nullable=True),
    day_column("final_on", nullable=True),
    Column("province_hours", Integer, nullable=True),
    *(Column(name, DateTime(timezone=True), nullable=True) for name in ("province_due_at", "forwarded_at")),
    text_column("forwarding_document", nullable=True),
)

incident_report = Table(
    "incident_report",
    metadata,
    serial_column(),
    text_column("incident_id", ForeignKey("incident.id"), index=True),
    member_column("kind", ReportKind),
    text_column("content"),
    text_column("document", nullable=True),
    text_column("reporter"),
    Column("reported_at", DateTime(timezone=True), nullable=False),
    flag_column("late"),
)
