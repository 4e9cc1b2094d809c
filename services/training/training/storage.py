"""The service's tables, and how the domain's records lie in them. The migrations make the tables; this only maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry as mapper_registry

from chassis.data import aggregate_columns, day_column, member_column, new_metadata, serial_column, text_column
from programme import tables
from training.domain.certificate import Certificate, CertificateStatus, Decision, Grounds, StatusRecord
from training.domain.criteria import Criterion
from training.domain.education import EducationEntry, EducationYear
from training.domain.enrolment import Enrolment
from training.domain.nomination import Nomination, NominationStatus
from training.domain.plan import Plan
from training.domain.training_class import Block, ClassKind, ClassMode, ClassSession, ClassStatus, TrainingClass

metadata = new_metadata()
METADATA = (metadata, tables.metadata)  # all that its migrations make, beside the chassis's


class BlocksJson(TypeDecorator[Sequence[Block]]):
    """The blocks of a class, as a list in JSON."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(
        self, value: Sequence[Block] | None, dialect: Dialect
    ) -> list[dict[str, str | float]] | None:
        return None if value is None else [asdict(block) for block in value]

    def process_result_value(
        self,
        value: list[dict[str, Any]] | None,  # Any: JSON
        dialect: Dialect,
    ) -> tuple[Block, ...] | None:
        return None if value is None else tuple(Block(**block) for block in value)


class SessionsJson(TypeDecorator[Sequence[ClassSession]]):
    """The sessions of a class, as a list in JSON."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(
        self, value: Sequence[ClassSession] | None, dialect: Dialect
    ) -> list[dict[str, object]] | None:
        return None if value is None else [{**asdict(each), "on": each.on.isoformat()} for each in value]

    def process_result_value(
        self,
        value: list[dict[str, Any]] | None,  # Any: JSON
        dialect: Dialect,
    ) -> tuple[ClassSession, ...] | None:
        if value is None:
            return None
        return tuple(ClassSession(**{**each, "on": date.fromisoformat(each["on"])}) for each in value)


class GroundsJson(TypeDecorator[Grounds]):
    """The grounds of a decision in JSON, with only those fields that it rested on."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: Grounds | None, dialect: Dialect) -> dict[str, object] | None:
        if value is None:
            return None
        found = {name: member for name, member in asdict(value).items() if member}
        if value.valid_until:
            found["valid_until"] = value.valid_until.isoformat()
        return found

    def process_result_value(
        self,
        value: dict[str, Any] | None,  # Any: JSON
        dialect: Dialect,
    ) -> Grounds | None:
        if value is None:
            return None
        criteria = tuple(Criterion(**criterion) for criterion in value.get("criteria", ()))
        until = value.get("valid_until")
        return Grounds(**{**value, "criteria": criteria, "valid_until": date.fromisoformat(until) if until else None})


# What this service knows of the registry's enterprises and people.
enterprise = Table(
    "enterprise", metadata, Column("id", Text, primary_key=True), text_column("name"), text_column("division")
)
person = Table(
    "person",
    metadata,
    Column("id", Text, primary_key=True),
    text_column("name"),
    text_column("division"),
    text_column("enterprise_id", nullable=True),
)

plan = Table(
    "plan",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    text_column("focus"),
    text_column("syllabus"),
    text_column("document"),
    day_column("decided_on"),
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
    Column("ruleset", Integer),
    member_column("mode", ClassMode),
    text_column("venue", nullable=True),
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

certificate = Table(
    "certificate",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("number", unique=True),
    text_column("person_id", index=True),
    text_column("name"),
    text_column("enterprise_id", nullable=True, index=True),
    day_column("issued_on"),
    day_column("valid_from"),
    day_column("valid_until"),
    Column("ruleset", Integer, nullable=False),
    member_column("status", CertificateStatus),
    text_column("revoked_reason", nullable=True),
    text_column("revoked_document", nullable=True),
    text_column("replaced_by", nullable=True),
)

certificate_status = Table(
    "certificate_status",
    metadata,
    serial_column(),
    text_column("certificate_id", ForeignKey("certificate.id")),
    day_column("on"),
    member_column("status", CertificateStatus),
    day_column("valid_until"),
    member_column("decision", Decision),
    Column("ruleset", Integer, nullable=False),
    Column("grounds", GroundsJson, nullable=False),
)

# The last number given out for a year and reporting unit; its row lock keeps the sequence without gaps.
certificate_sequence = Table(
    "certificate_sequence",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("unit", Text, primary_key=True),
    Column("last", Integer, nullable=False),
)

# Which event announced each expiry reminder: with the due rows, the proof of what was due and what was announced.
# The table has its name from the time when a reminder was called a notice.
expiry_reminder = Table(
    "expiry_notice",
    metadata,
    Column("due_key", Text, primary_key=True),
    text_column("certificate_id", index=True),
    Column("days_left", Integer, nullable=False),
    text_column("event_id"),
    day_column("on"),
)

education_year = Table(
    "education_year",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("person_id", index=True),
    Column("year", Integer, nullable=False),
    Column("total_hours", Float, nullable=False),
)

education_entry = Table(
    "education_entry",
    metadata,
    serial_column(),
    text_column("person_id", index=True),
    Column("year", Integer, nullable=False),
    Column("hours", Float, nullable=False),
    text_column("document"),
    day_column("on"),
    UniqueConstraint("person_id", "year", "document"),
)

# The order of pages, within a division or of those that are so; what held last on a day, and who ever had a status.
Index("ix_certificate_division_id", certificate.c.division, certificate.c.id)
Index("ix_training_class_status_id", training_class.c.status, training_class.c.id)
Index("ix_training_class_kind_id", training_class.c.kind, training_class.c.id)
_record = certificate_status.c
Index("ix_certificate_status_latest", _record.certificate_id, _record.on.desc(), _record.id.desc())
Index("ix_certificate_status_status", _record.status, _record.certificate_id)

mapper = mapper_registry(metadata=metadata)
for entity, table in {
    Plan: plan,
    TrainingClass: training_class,
    Nomination: nomination,
    Enrolment: enrolment,
    Certificate: certificate,
    StatusRecord: certificate_status,
    EducationYear: education_year,
    EducationEntry: education_entry,
}.items():
    mapper.map_imperatively(entity, table)
