"""Plans, trainers and venues, classes, and who takes part in them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, Integer, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import aggregate_columns, day_column, member_column, text_column
from training.domain.appeal import AppealStatus
from training.domain.nomination import NominationStatus
from training.domain.trainer import TrainerStatus
from training.domain.training_class import ClassKind, ClassMode, ClassStatus
from training.json_columns import BlocksJson, SessionsJson, WarningsJson
from training.storage.base import metadata

plan = Table(
    "plan",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    text_column("focus"),
    text_column("syllabus"),
    text_column("continuing_syllabus", nullable=True),
    text_column("document"),
    day_column("decided_on"),
)

# The pool of trainers, and where classes are held.
trainer = Table(
    "trainer",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("name"),
    text_column("employer"),
    text_column("title", nullable=True),
    Column("blocks", JSONB, nullable=False),
    day_column("valid_from"),
    day_column("valid_until", nullable=True),
    member_column("status", TrainerStatus),
    text_column("document"),
)
venue = Table(
    "venue",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("name"),
    text_column("address"),
    Column("seats", Integer, nullable=False),
    day_column("valid_from"),
    day_column("valid_until", nullable=True),
)

training_class = Table(
    "training_class",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("name"),
    member_column("kind", ClassKind),
    day_column("starts_on"),
    day_column("ends_on"),
    Column("capacity", Integer, nullable=False),
    Column("blocks", BlocksJson, nullable=False),
    Column("sessions", SessionsJson, nullable=False, server_default="[]"),
    Column("quotas", JSONB, nullable=False),
    day_column("quotas_until", nullable=True),
    text_column("syllabus", nullable=True),
    text_column("focus", nullable=True),
    Column("plan_revision", Integer),
    Column("ruleset", Integer),
    member_column("mode", ClassMode),
    text_column("venue", nullable=True),
    text_column("venue_id", ForeignKey("venue.id"), nullable=True),
    text_column("link", nullable=True),
    Column("trainers", JSONB, nullable=False, server_default="{}"),
    Column("warnings", WarningsJson, nullable=False, server_default="[]"),
    member_column("status", ClassStatus),
    day_column("closed_on", nullable=True),
    day_column("invited_on", nullable=True),
)

nomination = Table(
    "nomination",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("class_id", ForeignKey("training_class.id")),
    text_column("enterprise_id"),
    text_column("person_id"),
    day_column("submitted_on"),
    member_column("status", NominationStatus),
    Column("waiting_since", DateTime(timezone=True)),
    UniqueConstraint("class_id", "person_id"),
)

enrolment = Table(
    "enrolment",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("class_id", ForeignKey("training_class.id")),
    text_column("person_id", index=True),
    text_column("enterprise_id", nullable=True),
    Column("hours", JSONB, nullable=False),
    Column("attended", JSONB, nullable=False, server_default="{}"),
    Column("scores", JSONB, nullable=False),
    Column("passed", Boolean),
    Column("shortfalls", JSONB, nullable=False),
    day_column("completed_on", nullable=True),
    Column("ruleset", Integer),
    UniqueConstraint("class_id", "person_id"),
)

appeal = Table(
    "appeal",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("enrolment_id", ForeignKey("enrolment.id"), index=True),
    text_column("class_id"),
    text_column("person_id"),
    text_column("enterprise_id", nullable=True),
    text_column("grounds"),
    day_column("submitted_on"),
    member_column("status", AppealStatus),
    day_column("decided_on", nullable=True),
    text_column("decision", nullable=True),
    text_column("document", nullable=True),
)

# The order of pages, and where a venue is taken.
Index("ix_appeal_status_id", appeal.c.status, appeal.c.id)
Index("ix_training_class_status_id", training_class.c.status, training_class.c.id)
Index(
    "ix_training_class_venue_id",
    training_class.c.venue_id,
    training_class.c.starts_on,
    postgresql_where=training_class.c.venue_id.is_not(None),
)
Index("ix_training_class_kind_id", training_class.c.kind, training_class.c.id)
