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
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry as mapper_registry

from chassis.data import new_metadata
from programme import tables
from registry.domain.appointment import Appointment, AppointmentStatus
from registry.domain.certificates import CertificateFact
from registry.domain.contact import Contact
from registry.domain.divisions import Division
from registry.domain.eligibility import EducationFact
from registry.domain.enterprise import Enterprise
from registry.domain.person import Exclusion, Person, PersonFact
from registry.domain.post import Post
from registry.domain.talent import Talent, TalentStatus

metadata = new_metadata()
METADATA = (metadata, tables.metadata)  # all that its migrations make, beside the chassis's


def _text(name: str, *args: Any, **options: Any) -> Column[str]:
    return Column(name, Text, *args, nullable=options.pop("nullable", False), **options)


def _day(name: str, **options: Any) -> Column[date]:
    return Column(name, Date, nullable=options.pop("nullable", False), **options)


def _aggregate() -> tuple[Column[Any], ...]:
    return (Column("id", Text, primary_key=True), Column("version", Integer, nullable=False))


def _serial() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


# `division` itself, the dated tree, is the chassis's table; this one gives each code its version.
division_record = Table("division_record", metadata, *_aggregate())

contact = Table(
    "contact",
    metadata,
    *_aggregate(),
    _text("owner_kind"),
    _text("division"),
    _text("phone", nullable=True),
    _text("email", nullable=True),
)

enterprise = Table(
    "enterprise",
    metadata,
    *_aggregate(),
    _text("division", index=True),
    _text("uscc", unique=True),
    _text("name"),
    _text("industry"),
    Column("above_threshold", Boolean, nullable=False),
    Column("award_contender", Boolean, nullable=False),
    Column("brand_contender", Boolean, nullable=False),
    _text("legal_representative"),
    _text("responsible_person", nullable=True),
    _day("registered_on"),
)

person = Table(
    "person",
    metadata,
    *_aggregate(),
    _text("division", index=True),
    _text("enterprise_id", ForeignKey("enterprise.id"), nullable=True, index=True),
    _text("name"),
    _text("id_number"),
    _text("id_number_index", unique=True),
    _text("degree", nullable=True),
    _day("registered_on"),
)

person_fact = Table(
    "person_fact",
    metadata,
    _serial(),
    _text("person_id", ForeignKey("person.id"), index=True),
    _text("kind"),
    _text("value"),
    _day("valid_from"),
    _day("valid_to", nullable=True),
    _day("recorded_on"),
)

exclusion = Table(
    "exclusion",
    metadata,
    Column("id", Text, primary_key=True),
    _text("id_number_index", index=True),
    _text("reason"),
    _text("document"),
    _day("valid_from"),
    _day("valid_to", nullable=True),
    _day("recorded_on"),
)

certificate_fact = Table(
    "certificate_fact",
    metadata,
    _serial(),
    _text("person_id", index=True),
    _text("certificate_id"),
    _text("number"),
    _day("on"),
    _text("status"),
    _day("valid_from", nullable=True),
    _day("valid_until", nullable=True),
)

education_fact = Table(
    "education_fact",
    metadata,
    _serial(),
    _text("person_id"),
    Column("year", Integer, nullable=False),
    _day("on"),
    Column("total_hours", Float, nullable=False),
    Column("required_hours", Float, nullable=False),
    Index("ix_education_fact_person_id_year", "person_id", "year"),
)

talent = Table(
    "talent",
    metadata,
    *_aggregate(),
    _text("division", index=True),
    _text("name"),
    _text("status"),
    _text("certificate_id"),
    _day("valid_until"),
    _day("admitted_on"),
)

talent_status = Table(
    "talent_status",
    metadata,
    _serial(),
    _text("person_id", ForeignKey("talent.id"), index=True),
    _day("on"),
    _text("status"),
    _text("reason", nullable=True),
)

post = Table(
    "post",
    metadata,
    *_aggregate(),
    _text("division", index=True),
    _text("enterprise_id", ForeignKey("enterprise.id"), index=True),
    _text("title"),
    Column("decision_level", Boolean, nullable=False),
    Column("departments", JSONB, nullable=False),
    _day("opened_on"),
    UniqueConstraint("enterprise_id", "title"),
)

appointment = Table(
    "appointment",
    metadata,
    *_aggregate(),
    _text("division", index=True),
    _text("enterprise_id", ForeignKey("enterprise.id"), index=True),
    _text("person_id", ForeignKey("person.id"), index=True),
    _text("post_id", ForeignKey("post.id"), index=True),
    _text("position"),
    Column("decision_level", Boolean, nullable=False),
    Column("departments", JSONB, nullable=False),
    _day("appointed_on"),
    _text("appointed_by_name"),
    _text("appointed_by_capacity"),
    _text("document_number"),
    _day("document_date"),
    _text("authorisation"),
    _day("filing_due_on"),
    Column("ruleset", Integer, nullable=False),
    Column("warnings", JSONB, nullable=False),
    _day("provisional_until", nullable=True),
    _text("status"),
    Column("causes", JSONB, nullable=False),
    _day("filed_on", nullable=True),
    _text("filing_number", nullable=True),
    Column("filed_late", Boolean, nullable=True),
    _day("ended_on", nullable=True),
    _text("end_reason", nullable=True),
    # The row locks already serialise appointments; these hold even against a bug in them.
    Index("uq_appointment_open_person", "person_id", unique=True, postgresql_where=text("status <> 'ended'")),
    Index("uq_appointment_open_post", "post_id", unique=True, postgresql_where=text("status <> 'ended'")),
)

appointment_status = Table(
    "appointment_status",
    metadata,
    _serial(),
    _text("appointment_id", ForeignKey("appointment.id"), index=True),
    _day("on"),
    _text("status"),
    _text("reason", nullable=True),
    Column("ruleset", Integer, nullable=True),
)

mapper = mapper_registry(metadata=metadata)
for entity, table in {
    Division: division_record,
    Contact: contact,
    Enterprise: enterprise,
    Person: person,
    PersonFact: person_fact,
    Exclusion: exclusion,
    CertificateFact: certificate_fact,
    EducationFact: education_fact,
    Talent: talent,
    TalentStatus: talent_status,
    Post: post,
    Appointment: appointment,
    AppointmentStatus: appointment_status,
}.items():
    mapper.map_imperatively(entity, table)
