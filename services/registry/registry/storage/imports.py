"""Imports as jobs."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import member_column, text_column
from registry.domain.import_job import ImportKind, ImportState
from registry.storage.base import metadata

import_job = Table(
    "import_job",
    metadata,
    Column("id", Text, primary_key=True),
    member_column("kind", ImportKind),
    Column("caller", JSONB, nullable=False),
    text_column("division", nullable=True),
    text_column("enterprise_id", nullable=True),
    text_column("correlation_id"),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    member_column("state", ImportState),
    Column("attempts", Integer, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=True),
    Column("ended_at", DateTime(timezone=True), nullable=True),
    Column("rows", Integer, nullable=True),
    Column("rows_done", Integer, nullable=False),
    Column("report", JSONB(none_as_null=True), nullable=True),
    Column("rejections", JSONB(none_as_null=True), nullable=True),
    Column("reason", JSONB(none_as_null=True), nullable=True),
    Index("ix_import_job_unfinished", "id", postgresql_where=text("state IN ('waiting', 'running')")),
    Index("ix_import_job_division_id", "division", "id"),
    Index("ix_import_job_enterprise_id_id", "enterprise_id", "id"),
    Index("ix_import_job_requested_at", "requested_at"),
)

# Sealed: what was sent, until it has been imported; and the rows that were rejected, as they came.
import_file, import_rejected = (
    Table(
        name,
        metadata,
        text_column("job_id", ForeignKey("import_job.id", ondelete="CASCADE"), primary_key=True),
        Column("content", LargeBinary, nullable=False),
    )
    for name in ("import_file", "import_rejected")
)
