"""Key quality posts, who fills them, and their certificates."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint, text

from chassis.data import day_column, member_column, text_column
from registry.domain.quality_post import HolderCertificate, QualityPost, QualityPostHolder, QualityPostKind
from registry.storage.base import metadata

quality_post = Table(
    "quality_post",
    metadata,
    Column("id", Text, primary_key=True),
    text_column("enterprise_id", ForeignKey("enterprise.id")),
    member_column("kind", QualityPostKind),
    text_column("title"),
    text_column("certificate_name"),
    text_column("certificate_issuer", nullable=True),
    text_column("department", nullable=True),
    text_column("department_key", nullable=True),
    day_column("opened_on"),
    day_column("closed_on", nullable=True),
    Index("ix_quality_post_enterprise_id_id", "enterprise_id", "id"),
)

quality_post_holder = Table(
    "quality_post_holder",
    metadata,
    Column("id", Text, primary_key=True),
    text_column("quality_post_id", ForeignKey("quality_post.id"), index=True),
    text_column("name"),
    day_column("from_on"),
    day_column("certified_until"),
    day_column("until_on", nullable=True),
    # Whose certificate has run out.
    Index("ix_quality_post_holder_certified_until", "certified_until", "id", postgresql_where=text("until_on IS NULL")),
)

holder_certificate = Table(
    "holder_certificate",
    metadata,
    Column("id", Text, primary_key=True),
    text_column("holder_id", ForeignKey("quality_post_holder.id")),
    text_column("number"),
    day_column("valid_from"),
    day_column("valid_until"),
    day_column("recorded_on"),
    UniqueConstraint("holder_id", "number", "valid_from"),
)

ENTITIES: Mapping[type, Table] = {
    QualityPost: quality_post,
    QualityPostHolder: quality_post_holder,
    HolderCertificate: holder_certificate,
}
