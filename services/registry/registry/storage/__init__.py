"""The service's tables, and how the domain's objects lie in them. The migrations make the tables; this only maps."""

from __future__ import annotations

from sqlalchemy import Index, func, text
from sqlalchemy.orm import registry as mapper_registry

from programme import tables
from registry.domain.appointment import Appointment, AppointmentHistory
from registry.domain.breach import Breach
from registry.domain.certificates import CertificateFact
from registry.domain.change import AppointmentChange
from registry.domain.conduct import Hazard, Proposal, PublicService
from registry.domain.contact import Contact
from registry.domain.correction import Correction
from registry.domain.division_changes import EnteredChange
from registry.domain.divisions import Division
from registry.domain.document import AppointmentDocument
from registry.domain.duty import DutyReport, DutyRevision
from registry.domain.eligibility import EducationFact
from registry.domain.enterprise import Enterprise
from registry.domain.exclusion import Exclusion
from registry.domain.grade import Performance
from registry.domain.import_job import ImportJob
from registry.domain.incident import Incident, IncidentReport
from registry.domain.leader import FormerLeader
from registry.domain.person import Person, PersonFact
from registry.domain.post import Post
from registry.domain.recognition import Recognition
from registry.domain.recommendation import Decision, Recommendation, StatedEvidence
from registry.domain.talent import Talent, TalentHistory
from registry.domain.working_days import CalendarYear
from registry.storage.appointments import (
    appointment,
    appointment_change,
    appointment_document,
    appointment_status,
    post,
)
from registry.storage.base import metadata
from registry.storage.candidates import recommendation, recommendation_decision, recommendation_evidence
from registry.storage.contact_requests import ENTITIES as CONTACT_REQUESTS
from registry.storage.divisions import calendar_year, division_change, division_record
from registry.storage.enterprises import correction, enterprise, former_leader, recognition
from registry.storage.imports import import_file, import_job, import_rejected
from registry.storage.incidents import incident, incident_report
from registry.storage.office import (
    OF_AN_APPOINTMENT,
    breach,
    duty_report,
    duty_revision,
    hazard,
    performance,
    proposal,
    public_service,
)
from registry.storage.people import (
    certificate_fact,
    contact,
    education_fact,
    exclusion,
    person,
    person_fact,
    talent,
    talent_status,
)
from registry.storage.quality_posts import ENTITIES as QUALITY_POSTS

METADATA = (metadata, tables.metadata)  # all that its migrations make, beside the chassis's

# Names are found by the pairs of characters in them; the function is made by a migration.
for named in (enterprise, person, talent):
    Index(f"ix_{named.name}_name_pairs", func.name_pairs(named.c.name), postgresql_using="gin")
# The skills by which enterprises search the pool.
Index(
    "ix_person_fact_title_pairs",
    func.name_pairs(person_fact.c.value),
    postgresql_using="gin",
    postgresql_where=text("kind = 'title' AND valid_to IS NULL"),
)
# The order of pages, within a division.
for listed in (
    enterprise,
    person,
    talent,
    post,
    appointment,
    recommendation,
    incident,
    duty_report,
    breach,
    proposal,
    hazard,
    public_service,
    performance,
):
    Index(f"ix_{listed.name}_division_id", listed.c.division, listed.c.id)
Index(
    "ix_enterprise_industry",
    enterprise.c.industry,
    enterprise.c.id,
    postgresql_ops={"industry": "text_pattern_ops"},
)
Index("ix_enterprise_award", enterprise.c.id, postgresql_where=text("award_contender"))
Index("ix_enterprise_brand", enterprise.c.id, postgresql_where=text("brand_contender"))
Index("ix_enterprise_above_threshold", enterprise.c.id, postgresql_where=text("above_threshold"))
Index("ix_talent_valid_until", talent.c.valid_until, talent.c.id)
Index(
    "ix_appointment_unfiled",
    appointment.c.division,
    appointment.c.id,
    postgresql_where=text("filed_on IS NULL AND status <> 'ended'"),
)
Index(
    "ix_appointment_ended",
    appointment.c.division,
    appointment.c.id,
    postgresql_where=text("ended_on IS NOT NULL"),
)
Index("ix_appointment_filed_late", appointment.c.id, postgresql_where=text("filed_late"))
# What was said last, and who ever had a status.
for history, owner in ((appointment_status, "appointment_id"), (talent_status, "person_id")):
    Index(f"ix_{history.name}_last", history.c[owner], history.c.id.desc())
    Index(f"ix_{history.name}_status", history.c.status, history.c[owner])

mapper = mapper_registry(metadata=metadata)
for entity, table in {
    Division: division_record,
    EnteredChange: division_change,
    Contact: contact,
    Enterprise: enterprise,
    FormerLeader: former_leader,
    Recognition: recognition,
    Correction: correction,
    Person: person,
    PersonFact: person_fact,
    Exclusion: exclusion,
    CertificateFact: certificate_fact,
    EducationFact: education_fact,
    Recommendation: recommendation,
    StatedEvidence: recommendation_evidence,
    Decision: recommendation_decision,
    Incident: incident,
    IncidentReport: incident_report,
    Breach: breach,
    Proposal: proposal,
    Hazard: hazard,
    PublicService: public_service,
    Performance: performance,
    DutyReport: duty_report,
    DutyRevision: duty_revision,
    Talent: talent,
    TalentHistory: talent_status,
    Post: post,
    Appointment: appointment,
    AppointmentHistory: appointment_status,
    AppointmentChange: appointment_change,
    AppointmentDocument: appointment_document,
    ImportJob: import_job,
    CalendarYear: calendar_year,
}.items():
    mapper.map_imperatively(entity, table)
for entities in (QUALITY_POSTS, CONTACT_REQUESTS):
    for entity, table in entities.items():
        mapper.map_imperatively(entity, table)

__all__ = [
    "METADATA",
    "OF_AN_APPOINTMENT",
    "appointment",
    "appointment_change",
    "appointment_document",
    "appointment_status",
    "breach",
    "calendar_year",
    "certificate_fact",
    "contact",
    "correction",
    "division_change",
    "division_record",
    "duty_report",
    "duty_revision",
    "education_fact",
    "enterprise",
    "exclusion",
    "former_leader",
    "hazard",
    "import_file",
    "import_job",
    "import_rejected",
    "incident",
    "incident_report",
    "mapper",
    "metadata",
    "performance",
    "person",
    "person_fact",
    "post",
    "proposal",
    "public_service",
    "recognition",
    "recommendation",
    "recommendation_decision",
    "recommendation_evidence",
    "talent",
    "talent_status",
]
