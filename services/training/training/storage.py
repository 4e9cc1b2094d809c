"""The service's tables, and how the domain's records lie in them. The migrations make the tables; this only maps."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    and_,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry as mapper_registry

from chassis.data import aggregate_columns, day_column, member_column, new_metadata, serial_column, text_column
from programme import tables
from training.domain.appeal import Appeal, AppealStatus
from training.domain.certificate import Certificate, CertificateStatus, Decision, StatusRecord
from training.domain.education import EducationEntry, EducationYear, Shortfall
from training.domain.enrolment import Enrolment
from training.domain.nomination import Nomination, NominationStatus
from training.domain.plan import Plan
from training.domain.trainer import Trainer, TrainerStatus
from training.domain.training_class import ClassKind, ClassMode, ClassStatus, TrainingClass
from training.domain.venue import Venue
from training.json_columns import BlocksJson, GroundsJson, SessionsJson, WarningsJson

metadata = new_metadata()
METADATA = (metadata, tables.metadata)  # all that its migrations make, beside the chassis's


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

# The registry's admitted recommendations, by their ids.
admission = Table(
    "admission",
    metadata,
    Column("id", Text, primary_key=True),
    text_column("person_id", index=True),
    text_column("enterprise_id"),
    day_column("admitted_on"),
)

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
    text_column("enterprise_name", nullable=True),
    Column("status_index", BigInteger, Identity(start=0, minvalue=0), nullable=False),
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
    Column("is_listed", Boolean, nullable=False, server_default="false"),
)

# What is said of the certificates of each part, to whoever asks: two bits for each, and the list signed.
status_list = Table(
    "status_list",
    metadata,
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("bits", LargeBinary, nullable=False),
    Column("is_stale", Boolean, nullable=False),
    Column("signed", Text),
    Column("signed_at", DateTime(timezone=True)),
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
    Column("other_hours", JSONB, nullable=False, server_default="{}"),
    text_column("exempted_by", nullable=True),
    text_column("exemption_reason", nullable=True),
    day_column("completed_on", nullable=True),
    day_column("behind_on", nullable=True),
)
# Who is behind, page by page, of one year or of all.
IS_BEHIND = and_(education_year.c.behind_on.is_not(None), education_year.c.completed_on.is_(None))
Index("ix_education_year_behind", education_year.c.year, education_year.c.id, postgresql_where=IS_BEHIND)

shortfall = Table(
    "shortfall",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("person_id"),
    text_column("enterprise_id", nullable=True),
    Column("year", Integer, nullable=False),
    Column("total_hours", Float, nullable=False),
    Column("required_hours", Float, nullable=False),
    day_column("on"),
)
Index("ix_shortfall_year_id", shortfall.c.year, shortfall.c.id)

education_entry = Table(
    "education_entry",
    metadata,
    serial_column(),
    text_column("person_id", index=True),
    Column("year", Integer, nullable=False),
    Column("hours", Float, nullable=False),
    text_column("document"),
    day_column("on"),
    Column("kind", Text, nullable=False, server_default="class"),
    text_column("evidence", nullable=True),
    UniqueConstraint("person_id", "year", "document"),
)

# The order of pages, within a division or of those that are so; what held last on a day, and who ever had a status.
Index("ix_certificate_division_id", certificate.c.division, certificate.c.id)
Index("ix_appeal_status_id", appeal.c.status, appeal.c.id)
Index("ix_training_class_status_id", training_class.c.status, training_class.c.id)
Index(
    "ix_training_class_venue_id",
    training_class.c.venue_id,
    training_class.c.starts_on,
    postgresql_where=training_class.c.venue_id.is_not(None),
)
Index("ix_training_class_kind_id", training_class.c.kind, training_class.c.id)
_record = certificate_status.c
Index("ix_certificate_status_latest", _record.certificate_id, _record.on.desc(), _record.id.desc())
Index("ix_certificate_status_status", _record.status, _record.certificate_id)
Index("ix_certificate_status_unlisted", _record.id, postgresql_where=_record.is_listed.is_(False))

# What only statements of their own read and write; the domain knows nothing of it.
DATABASE_ONLY = ("status_index", "is_listed")
mapper = mapper_registry(metadata=metadata)
for entity, table in {
    Plan: plan,
    Trainer: trainer,
    Venue: venue,
    TrainingClass: training_class,
    Nomination: nomination,
    Enrolment: enrolment,
    Appeal: appeal,
    Certificate: certificate,
    StatusRecord: certificate_status,
    EducationYear: education_year,
    EducationEntry: education_entry,
    Shortfall: shortfall,
}.items():
    mapper.map_imperatively(entity, table, exclude_properties=DATABASE_ONLY)
