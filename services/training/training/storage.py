"""The service's tables, and how the domain's objects lie in them. The migrations make the tables; this only maps."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Identity,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry as mapper_registry

from chassis.data import new_metadata
from programme import tables
from training.domain.certificate import Certificate, CertificateStatus
from training.domain.course import Course, Enrolment, Plan
from training.domain.education import EducationEntry, EducationYear
from training.domain.nomination import Nomination

metadata = new_metadata()
METADATA = (metadata, tables.metadata)  # all that its migrations make, beside the chassis's


def _text(name: str, *args: Any, **options: Any) -> Column[str]:
    return Column(name, Text, *args, nullable=options.pop("nullable", False), **options)


def _day(name: str, **options: Any) -> Column[date]:
    return Column(name, Date, nullable=options.pop("nullable", False), **options)


def _aggregate() -> tuple[Column[Any], ...]:
    return (Column("id", Text, primary_key=True), Column("version", Integer, nullable=False), _text("division"))


def _serial() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


# What this service has learnt of the registry's objects.
enterprise = Table("enterprise", metadata, Column("id", Text, primary_key=True), _text("name"), _text("division"))
person = Table(
    "person",
    metadata,
    Column("id", Text, primary_key=True),
    _text("name"),
    _text("division"),
    _text("enterprise_id", nullable=True),
)

plan = Table(
    "plan",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    _text("focus"),
    _text("syllabus"),
    _text("document"),
    _day("decided_on"),
)

course = Table(
    "course",
    metadata,
    *_aggregate(),
    _text("name"),
    _text("kind"),
    _day("starts_on"),
    _day("ends_on"),
    Column("capacity", Integer, nullable=False),
    Column("blocks", JSONB, nullable=False),
    Column("quotas", JSONB, nullable=False),
    _text("syllabus", nullable=True),
    _text("status"),
    _day("closed_on", nullable=True),
)

nomination = Table(
    "nomination",
    metadata,
    *_aggregate(),
    _text("class_id", ForeignKey("course.id")),
    _text("enterprise_id"),
    _text("person_id"),
    _day("submitted_on"),
    UniqueConstraint("class_id", "person_id"),
)

enrolment = Table(
    "enrolment",
    metadata,
    *_aggregate(),
    _text("class_id", ForeignKey("course.id")),
    _text("person_id", index=True),
    _text("enterprise_id", nullable=True),
    Column("hours", JSONB, nullable=False),
    Column("scores", JSONB, nullable=False),
    Column("passed", Boolean),
    Column("shortfalls", JSONB, nullable=False),
    _day("completed_on", nullable=True),
    Column("ruleset", Integer),
    UniqueConstraint("class_id", "person_id"),
)

certificate = Table(
    "certificate",
    metadata,
    *_aggregate(),
    _text("number", unique=True),
    _text("person_id", index=True),
    _text("name"),
    _text("enterprise_id", nullable=True, index=True),
    _day("issued_on"),
    _day("valid_from"),
    _day("valid_until"),
    Column("ruleset", Integer, nullable=False),
    _text("status"),
    _text("revoked_reason", nullable=True),
    _text("revoked_document", nullable=True),
)

certificate_status = Table(
    "certificate_status",
    metadata,
    _serial(),
    _text("certificate_id", ForeignKey("certificate.id"), index=True),
    _day("on"),
    _text("status"),
    _day("valid_until"),
    _text("decision"),
    Column("ruleset", Integer, nullable=False),
    Column("grounds", JSONB, nullable=False),
)

# The last number given out for a year and reporting unit; its row lock keeps the sequence without gaps.
certificate_sequence = Table(
    "certificate_sequence",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("unit", Text, primary_key=True),
    Column("last", Integer, nullable=False),
)

# Which event announced each expiry notice: with the due rows, the proof of what was due and what was announced.
expiry_notice = Table(
    "expiry_notice",
    metadata,
    Column("due_key", Text, primary_key=True),
    _text("certificate_id", index=True),
    Column("days_left", Integer, nullable=False),
    _text("event_id"),
    _day("on"),
)

education_year = Table(
    "education_year",
    metadata,
    *_aggregate(),
    _text("person_id", index=True),
    Column("year", Integer, nullable=False),
    Column("total_hours", Float, nullable=False),
)

education_entry = Table(
    "education_entry",
    metadata,
    _serial(),
    _text("person_id", index=True),
    Column("year", Integer, nullable=False),
    Column("hours", Float, nullable=False),
    _text("document"),
    _day("on"),
    UniqueConstraint("person_id", "year", "document"),
)

mapper = mapper_registry(metadata=metadata)
for entity, table in {
    Plan: plan,
    Course: course,
    Nomination: nomination,
    Enrolment: enrolment,
    Certificate: certificate,
    CertificateStatus: certificate_status,
    EducationYear: education_year,
    EducationEntry: education_entry,
}.items():
    mapper.map_imperatively(entity, table)
