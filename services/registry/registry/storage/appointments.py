"""Posts and appointments, with their papers and changes."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import aggregate_columns, day_column, flag_column, member_column, serial_column, text_column
from registry.domain.appointment import AppointmentStatus, Capacity
from registry.domain.document import Paper
from registry.storage.base import metadata

post = Table(
    "post",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("enterprise_id", ForeignKey("enterprise.id"), index=True),
    text_column("title"),
    flag_column("decision_level"),
    Column("departments", JSONB, nullable=False),
    Column("department_keys", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    day_column("opened_on"),
    UniqueConstraint("enterprise_id", "title"),
)

appointment = Table(
    "appointment",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("enterprise_id", ForeignKey("enterprise.id"), index=True),
    text_column("person_id", ForeignKey("person.id"), index=True),
    text_column("post_id", ForeignKey("post.id"), index=True),
    text_column("position"),
    flag_column("decision_level"),
    Column("departments", JSONB, nullable=False),
    Column("department_keys", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    day_column("appointed_on"),
    text_column("appointed_by_name"),
    member_column("appointed_by_capacity", Capacity),
    text_column("document_number"),
    day_column("document_date"),
    text_column("authorisation"),
    day_column("filing_due_on"),
    Column("ruleset", Integer, nullable=False),
    Column("warnings", JSONB, nullable=False),
    day_column("provisional_until", nullable=True),
    member_column("status", AppointmentStatus),
    Column("causes", JSONB, nullable=False),
    day_column("submitted_on", nullable=True),
    day_column("returned_on", nullable=True),
    text_column("return_reason", nullable=True),
    day_column("resubmit_by", nullable=True),
    day_column("filed_on", nullable=True),
    text_column("filing_number", nullable=True),
    Column("filed_late", Boolean, nullable=True),
    day_column("ended_on", nullable=True),
    text_column("end_reason", nullable=True),
    day_column("changed_on", nullable=True),
    Column("breached", Boolean, nullable=False, server_default=false()),
    Index("ix_appointment_filing_number", "division", "filing_number", postgresql_where=text("filing_number <> ''")),
    # The row locks already serialise appointments; this holds even against a bug in them.
    Index("uq_appointment_open_post", "post_id", unique=True, postgresql_where=text("status <> 'ended'")),
)

appointment_status = Table(
    "appointment_status",
    metadata,
    serial_column(),
    text_column("appointment_id", ForeignKey("appointment.id")),
    day_column("on"),
    member_column("status", AppointmentStatus),
    text_column("reason", nullable=True),
    Column("ruleset", Integer, nullable=True),
)

appointment_document = Table(
    "appointment_document",
    metadata,
    Column("id", Text, primary_key=True),
    text_column("appointment_id", ForeignKey("appointment.id"), index=True),
    member_column("paper", Paper),
    text_column("name"),
    text_column("media_type"),
    Column("size", Integer, nullable=False),
    text_column("sha256"),
    Column("content", LargeBinary, nullable=False),
    day_column("recorded_on"),
)

appointment_change = Table(
    "appointment_change",
    metadata,
    Column("id", Text, primary_key=True),
    text_column("appointment_id", ForeignKey("appointment.id"), index=True),
    day_column("changed_on"),
    day_column("submitted_on"),
    day_column("recorded_on"),
    text_column("position"),
    flag_column("decision_level"),
    text_column("authorisation"),
    text_column("document_number"),
    day_column("document_date"),
    day_column("filing_due_on"),
    flag_column("late"),
    Column("ruleset", Integer, nullable=False),
    Column("unknown_years", JSONB, nullable=False),
)
