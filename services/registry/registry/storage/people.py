"""People, what is known of them, and the talent pool."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, Table, Text

from chassis.data import aggregate_columns, day_column, member_column, serial_column, text_column
from registry.domain.certificates import CertificateStatus
from registry.domain.contact import OwnerKind
from registry.domain.person import FactKind
from registry.domain.talent import TalentStatus
from registry.storage.base import metadata

contact = Table(
    "contact",
    metadata,
    *aggregate_columns(),
    member_column("owner_kind", OwnerKind),
    text_column("division"),
    text_column("phone", nullable=True),
    text_column("email", nullable=True),
)

person = Table(
    "person",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("enterprise_id", ForeignKey("enterprise.id"), nullable=True, index=True),
    text_column("name"),
    text_column("id_number"),
    text_column("id_number_index", unique=True),
    text_column("degree", nullable=True),
    day_column("registered_on"),
)

person_fact = Table(
    "person_fact",
    metadata,
    serial_column(),
    text_column("person_id", ForeignKey("person.id"), index=True),
    member_column("kind", FactKind),
    text_column("value"),
    day_column("valid_from"),
    day_column("valid_to", nullable=True),
    day_column("recorded_on"),
)

exclusion = Table(
    "exclusion",
    metadata,
    Column("id", Text, primary_key=True),
    text_column("id_number_index", index=True),
    text_column("reason"),
    text_column("document"),
    day_column("valid_from"),
    day_column("valid_to", nullable=True),
    day_column("recorded_on"),
    text_column("lifted_by", nullable=True),
)

certificate_fact = Table(
    "certificate_fact",
    metadata,
    serial_column(),
    text_column("person_id", index=True),
    text_column("certificate_id"),
    text_column("number"),
    day_column("on"),
    member_column("status", CertificateStatus),
    day_column("valid_from", nullable=True),
    day_column("valid_until", nullable=True),
)

education_fact = Table(
    "education_fact",
    metadata,
    serial_column(),
    text_column("person_id"),
    Column("year", Integer, nullable=False),
    day_column("on"),
    Column("total_hours", Float, nullable=False),
    Column("required_hours", Float, nullable=False),
    Index("ix_education_fact_person_id_year", "person_id", "year"),
)

talent = Table(
    "talent",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("name"),
    member_column("status", TalentStatus),
    text_column("certificate_id"),
    day_column("valid_until"),
    day_column("admitted_on"),
)

talent_status = Table(
    "talent_status",
    metadata,
    serial_column(),
    text_column("person_id", ForeignKey("talent.id")),
    day_column("on"),
    member_column("status", TalentStatus),
    text_column("reason", nullable=True),
)
