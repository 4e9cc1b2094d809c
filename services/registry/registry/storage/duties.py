"""What belongs to an appointment beside its papers: duty records, breaches."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, Integer, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import aggregate_columns, day_column, member_column, serial_column, text_column
from registry.domain.breach import BreachKind, BreachStatus
from registry.domain.duty import DutyPaper, DutyStatus
from registry.storage.base import metadata


def office_columns() -> tuple[Column[str], ...]:
    """Of which appointment it is, and whose that is."""
    return (
        text_column("division"),
        text_column("enterprise_id", ForeignKey("enterprise.id"), index=True),
        text_column("person_id", index=True),
        text_column("appointment_id", ForeignKey("appointment.id")),
    )


duty_report = Table(
    "duty_report",
    metadata,
    *aggregate_columns(),
    *office_columns(),
    Column("year", Integer, nullable=False),
    member_column("paper", DutyPaper),
    day_column("due_on", nullable=True),
    Column("ruleset", Integer, nullable=False),
    member_column("status", DutyStatus),
    day_column("submitted_on", nullable=True),
    Column("late", Boolean, nullable=True),
    day_column("decided_on", nullable=True),
    text_column("return_reason", nullable=True),
    day_column("overdue_on", nullable=True),
    UniqueConstraint("appointment_id", "year", "paper"),
    Index(
        "ix_duty_report_overdue",
        "division",
        "id",
        postgresql_where=text("overdue_on IS NOT NULL AND submitted_on IS NULL"),
    ),
)

duty_revision = Table(
    "duty_revision",
    metadata,
    serial_column(),
    text_column("duty_report_id", ForeignKey("duty_report.id"), index=True),
    Column("number", Integer, nullable=False),
    Column("sections", JSONB, nullable=False),
    text_column("written_by"),
    Column("written_at", DateTime(timezone=True), nullable=False),
    text_column("submitted_by", nullable=True),
    Column("submitted_at", DateTime(timezone=True), nullable=True),
)

breach = Table(
    "breach",
    metadata,
    *aggregate_columns(),
    *office_columns(),
    member_column("kind", BreachKind),
    day_column("happened_on"),
    text_column("facts"),
    text_column("document"),
    text_column("entered_by"),
    day_column("entered_on"),
    member_column("status", BreachStatus),
    text_column("reviewed_by", nullable=True),
    day_column("reviewed_on", nullable=True),
    text_column("review_document", nullable=True),
    text_column("consequence", nullable=True),
    Column("ruleset", Integer, nullable=True),
    day_column("until", nullable=True),
    text_column("exclusion_id", ForeignKey("exclusion.id"), nullable=True),
    day_column("lifted_on", nullable=True),
    text_column("lift_document", nullable=True),
    Index("ix_breach_appointment_id", "appointment_id"),
)
