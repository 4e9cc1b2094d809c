"""What belongs to an appointment beside its papers: duty records, breaches, conduct, grades."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import aggregate_columns, day_column, flag_column, member_column, serial_column, text_column
from registry.domain.breach import BreachKind, BreachStatus
from registry.domain.conduct import HazardKind
from registry.domain.duty import DutyPaper, DutyStatus
from registry.domain.grade import PerformanceGrade
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

proposal = Table(
    "proposal",
    metadata,
    Column("id", Text, primary_key=True),
    *office_columns(),
    day_column("made_on"),
    text_column("addressed_to"),
    text_column("content"),
    text_column("decision", nullable=True),
    day_column("decided_on", nullable=True),
    text_column("remark", nullable=True),
    Index("ix_proposal_appointment_id", "appointment_id"),
)

hazard = Table(
    "hazard",
    metadata,
    Column("id", Text, primary_key=True),
    *office_columns(),
    member_column("kind", HazardKind),
    day_column("found_on"),
    text_column("description"),
    text_column("measure", nullable=True),
    text_column("reported_by"),
    day_column("reported_on"),
    day_column("due_on"),
    Column("ruleset", Integer, nullable=False),
    day_column("closed_on", nullable=True),
    Index("ix_hazard_appointment_id", "appointment_id"),
    Index("ix_hazard_open", "due_on", "id", postgresql_where=text("closed_on IS NULL")),
)

public_service = Table(
    "public_service",
    metadata,
    Column("id", Text, primary_key=True),
    *office_columns(),
    text_column("activity"),
    day_column("served_on"),
    Column("hours", Float, nullable=False),
    text_column("evidence"),
    text_column("recorded_by"),
    day_column("recorded_on"),
    Index("ix_public_service_appointment_id", "appointment_id"),
)

performance = Table(
    "performance",
    metadata,
    serial_column(),
    *office_columns(),
    Column("year", Integer, nullable=False),
    member_column("grade", PerformanceGrade),
    text_column("document"),
    Column("allowance_fen", BigInteger, nullable=True),
    text_column("recorded_by"),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    flag_column("corrects"),
    Index("ix_performance_appointment_id_year", "appointment_id", "year", "id"),
)

# All that has the columns of `office_columns`.
OF_AN_APPOINTMENT = (duty_report, breach, proposal, hazard, public_service, performance)
