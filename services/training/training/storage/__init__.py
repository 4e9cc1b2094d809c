"""The service's tables, and how the domain's records lie in them. The migrations make the tables; this only maps."""

from __future__ import annotations

from sqlalchemy.orm import registry as mapper_registry

from programme import tables
from training.domain.appeal import Appeal
from training.domain.certificate import Certificate, StatusRecord
from training.domain.education import EducationEntry, EducationYear, Shortfall
from training.domain.enrolment import Enrolment
from training.domain.nomination import Nomination
from training.domain.plan import Plan
from training.domain.trainer import Trainer
from training.domain.training_class import TrainingClass
from training.domain.venue import Venue
from training.storage.base import metadata
from training.storage.certificates import (
    certificate,
    certificate_sequence,
    certificate_status,
    expiry_reminder,
    status_list,
)
from training.storage.classes import appeal, enrolment, nomination, plan, trainer, training_class, venue
from training.storage.education import IS_BEHIND, education_entry, education_year, shortfall
from training.storage.parties import admission, enterprise, person

__all__ = [
    "IS_BEHIND",
    "METADATA",
    "admission",
    "appeal",
    "certificate",
    "certificate_sequence",
    "certificate_status",
    "education_entry",
    "education_year",
    "enrolment",
    "enterprise",
    "expiry_reminder",
    "mapper",
    "metadata",
    "nomination",
    "person",
    "plan",
    "shortfall",
    "status_list",
    "trainer",
    "training_class",
    "venue",
]

METADATA = (metadata, tables.metadata)  # all that its migrations make, beside the chassis's

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
