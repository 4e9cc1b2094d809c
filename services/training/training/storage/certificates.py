"""Certificates, what became of them, and what is listed and announced of them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from chassis.data import aggregate_columns, day_column, member_column, serial_column, text_column
from training.domain.certificate import CertificateStatus, Decision
from training.json_columns import GroundsJson
from training.storage.base import metadata

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

# The order of pages within a division, with the ends by which a page passes over what is not asked for; what held last
# on a day, who ever had a status, and what is not listed yet.
Index("ix_certificate_division_id_valid_until", certificate.c.division, certificate.c.id, certificate.c.valid_until)
_record = certificate_status.c
Index("ix_certificate_status_latest", _record.certificate_id, _record.on.desc(), _record.id.desc())
Index("ix_certificate_status_status", _record.status, _record.certificate_id)
Index("ix_certificate_status_unlisted", _record.id, postgresql_where=_record.is_listed.is_(False))
