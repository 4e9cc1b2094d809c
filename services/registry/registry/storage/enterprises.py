"""Enterprises, who led them, what they are recognised as, and corrections they propose."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import aggregate_columns, day_column, flag_column, member_column, serial_column, text_column
from registry.domain.correction import CorrectionState
from registry.domain.leader import LeaderRole
from registry.domain.recognition import RecognitionKind
from registry.storage.base import metadata

enterprise = Table(
    "enterprise",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("uscc", unique=True),
    text_column("name"),
    text_column("industry"),
    flag_column("above_threshold"),
    flag_column("award_contender"),
    flag_column("brand_contender"),
    text_column("legal_representative"),
    text_column("responsible_person", nullable=True),
    day_column("registered_on"),
    day_column("deregistered_on", nullable=True),
    text_column("successor_id", ForeignKey("enterprise.id"), nullable=True),
)

# Who led it before; the enterprise says who does now.
former_leader = Table(
    "former_leader",
    metadata,
    serial_column(),
    text_column("enterprise_id", ForeignKey("enterprise.id"), index=True),
    member_column("role", LeaderRole),
    text_column("name", nullable=True),
    day_column("until"),
    day_column("recorded_on"),
)

recognition = Table(
    "recognition",
    metadata,
    Column("id", Text, primary_key=True),
    text_column("enterprise_id", ForeignKey("enterprise.id")),
    member_column("kind", RecognitionKind),
    Column("year", Integer, nullable=False),
    text_column("value"),
    text_column("document"),
    day_column("recorded_on"),
    UniqueConstraint("enterprise_id", "kind", "year"),
    Index("ix_recognition_kind_year", "kind", "year", "enterprise_id"),
)

correction = Table(
    "correction",
    metadata,
    Column("id", Text, primary_key=True),
    text_column("enterprise_id", ForeignKey("enterprise.id"), index=True),
    text_column("division"),
    Column("changes", JSONB, nullable=False),
    text_column("reason"),
    day_column("proposed_on"),
    member_column("state", CorrectionState),
    day_column("decided_on", nullable=True),
    text_column("answer", nullable=True),
    # What staff look for, in their division.
    Index("ix_correction_proposed", "division", "id", postgresql_where=text("state = 'proposed'")),
    Index("ix_correction_division_id", "division", "id"),
)
