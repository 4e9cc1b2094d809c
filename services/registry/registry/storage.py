"""The service's tables, and how the domain's objects lie in them. The migrations make the tables; this only maps."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry as mapper_registry

from chassis.data import (
    aggregate_columns,
    day_column,
    flag_column,
    member_column,
    new_metadata,
    serial_column,
    text_column,
)
from programme import tables
from registry.domain.appointment import Appointment, AppointmentHistory, AppointmentStatus, Capacity
from registry.domain.certificates import CertificateFact, CertificateStatus
from registry.domain.change import AppointmentChange
from registry.domain.contact import Contact, OwnerKind
from registry.domain.correction import Correction, CorrectionState
from registry.domain.division_changes import ChangeKind, EnteredChange
from registry.domain.divisions import Division
from registry.domain.document import AppointmentDocument, Paper
from registry.domain.eligibility import EducationFact
from registry.domain.enterprise import Enterprise
from registry.domain.exclusion import Exclusion
from registry.domain.import_job import ImportJob, ImportKind, ImportState
from registry.domain.incident import Grade, Incident, IncidentReport, ReportKind
from registry.domain.leader import FormerLeader, Role
from registry.domain.person import FactKind, Person, PersonFact
from registry.domain.post import Post
from registry.domain.recognition import Recognition, RecognitionKind
from registry.domain.recommendation import Decision, Recommendation, RecommendationStatus, StatedEvidence
from registry.domain.talent import Talent, TalentHistory, TalentStatus
from registry.domain.working_days import CalendarYear

metadata = new_metadata()
METADATA = (metadata, tables.metadata)  # all that its migrations make, beside the chassis's

# `division` itself, the dated tree, is the programme's table; this one gives each code its version.
division_record = Table("division_record", metadata, *aggregate_columns())

division_change = Table(
    "division_change",
    metadata,
    Column("id", Text, primary_key=True),
    member_column("kind", ChangeKind),
    text_column("code"),
    day_column("effective_on"),
    text_column("document"),
    day_column("recorded_on"),
    Column("placements", JSONB, nullable=False),
)

contact = Table(
    "contact",
    metadata,
    *aggregate_columns(),
    member_column("owner_kind", OwnerKind),
    text_column("division"),
    text_column("phone", nullable=True),
    text_column("email", nullable=True),
)

enterprise = Table(
    "enterprise",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("uscc", unique=True),
    text_column("name"),
    text_column("industry"),
    flag_column("above_threshold"),
    flag_column("award_contender"),
    flag_column("brand_contender"),
    text_column("legal_representative"),
    text_column("responsible_person", nullable=True),
    day_column("registered_on"),
    day_column("deregistered_on", nullable=True),
    text_column("successor_id", ForeignKey("enterprise.id"), nullable=True),
)

# Who led it before; the enterprise says who does now.
former_leader = Table(
    "former_leader",
    metadata,
    serial_column(),
    text_column("enterprise_id", ForeignKey("enterprise.id"), index=True),
    member_column("role", Role),
    text_column("name", nullable=True),
    day_column("until"),
    day_column("recorded_on"),
)

recognition = Table(
    "recognition",
    metadata,
    Column("id", Text, primary_key=True),
    text_column("enterprise_id", ForeignKey("enterprise.id")),
    member_column("kind", RecognitionKind),
    Column("year", Integer, nullable=False),
    text_column("value"),
    text_column("document"),
    day_column("recorded_on"),
    UniqueConstraint("enterprise_id", "kind", "year"),
    Index("ix_recognition_kind_year", "kind", "year", "enterprise_id"),
)

correction = Table(
    "correction",
    metadata,
    Column("id", Text, primary_key=True),
    text_column("enterprise_id", ForeignKey("enterprise.id"), index=True),
    text_column("division"),
    Column("changes", JSONB, nullable=False),
    text_column("reason"),
    day_column("proposed_on"),
    member_column("state", CorrectionState),
    day_column("decided_on", nullable=True),
    text_column("answer", nullable=True),
    # What staff look for, in their division.
    Index("ix_correction_proposed", "division", "id", postgresql_where=text("state = 'proposed'")),
    Index("ix_correction_division_id", "division", "id"),
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

recommendation = Table(
    "recommendation",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("enterprise_id", ForeignKey("enterprise.id"), index=True),
    text_column("person_id", ForeignKey("person.id"), index=True),
    text_column("document"),
    day_column("recommended_on"),
    day_column("review_due_on"),
    Column("ruleset", Integer, nullable=False),
    member_column("status", RecommendationStatus),
    day_column("decided_on", nullable=True),
    text_column("remark", nullable=True),
    # The lock on the person keeps two apart; this holds even against a bug in it.
    Index(
        "uq_recommendation_open",
        "person_id",
        "enterprise_id",
        unique=True,
        postgresql_where=text("status IN ('recommended', 'returned')"),
    ),
    # The worklist: what waits for a review, the oldest first.
    Index("ix_recommendation_to_review", "review_due_on", postgresql_where=text("status = 'recommended'")),
)

recommendation_evidence = Table(
    "recommendation_evidence",
    metadata,
    serial_column(),
    text_column("recommendation_id", ForeignKey("recommendation.id"), index=True),
    text_column("rule"),
    text_column("statement"),
    text_column("document", nullable=True),
    day_column("stated_on"),
)

recommendation_decision = Table(
    "recommendation_decision",
    metadata,
    serial_column(),
    text_column("recommendation_id", ForeignKey("recommendation.id"), index=True),
    text_column("person_id", index=True),
    text_column("rule"),
    flag_column("met"),
    text_column("grounds"),
    text_column("reviewer"),
    day_column("decided_on"),
)

incident = Table(
    "incident",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("enterprise_id", ForeignKey("enterprise.id"), index=True),
    text_column("person_id", nullable=True),
    member_column("grade", Grade),
    text_column("subject"),
    *(Column(name, DateTime(timezone=True), nullable=False) for name in ("occurred_at", "known_at", "first_due_at")),
    Column("ruleset", Integer, nullable=False),
    day_column("closed_on", nullable=True),
    day_column("final_due_on", nullable=True),
    day_column("final_on", nullable=True),
)

incident_report = Table(
    "incident_report",
    metadata,
    serial_column(),
    text_column("incident_id", ForeignKey("incident.id"), index=True),
    member_column("kind", ReportKind),
    text_column("content"),
    text_column("document", nullable=True),
    text_column("reporter"),
    Column("reported_at", DateTime(timezone=True), nullable=False),
    flag_column("late"),
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

post = Table(
    "post",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("enterprise_id", ForeignKey("enterprise.id"), index=True),
    text_column("title"),
    flag_column("decision_level"),
    Column("departments", JSONB, nullable=False),
    Column("department_keys", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    day_column("opened_on"),
    UniqueConstraint("enterprise_id", "title"),
)

appointment = Table(
    "appointment",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("enterprise_id", ForeignKey("enterprise.id"), index=True),
    text_column("person_id", ForeignKey("person.id"), index=True),
    text_column("post_id", ForeignKey("post.id"), index=True),
    text_column("position"),
    flag_column("decision_level"),
    Column("departments", JSONB, nullable=False),
    Column("department_keys", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    day_column("appointed_on"),
    text_column("appointed_by_name"),
    member_column("appointed_by_capacity", Capacity),
    text_column("document_number"),
    day_column("document_date"),
    text_column("authorisation"),
    day_column("filing_due_on"),
    Column("ruleset", Integer, nullable=False),
    Column("warnings", JSONB, nullable=False),
    day_column("provisional_until", nullable=True),
    member_column("status", AppointmentStatus),
    Column("causes", JSONB, nullable=False),
    day_column("submitted_on", nullable=True),
    day_column("returned_on", nullable=True),
    text_column("return_reason", nullable=True),
    day_column("resubmit_by", nullable=True),
    day_column("filed_on", nullable=True),
    text_column("filing_number", nullable=True),
    Column("filed_late", Boolean, nullable=True),
    day_column("ended_on", nullable=True),
    text_column("end_reason", nullable=True),
    day_column("changed_on", nullable=True),
    Index("ix_appointment_filing_number", "division", "filing_number", postgresql_where=text("filing_number <> ''")),
    # The row locks already serialise appointments; this holds even against a bug in them.
    Index("uq_appointment_open_post", "post_id", unique=True, postgresql_where=text("status <> 'ended'")),
)

appointment_status = Table(
    "appointment_status",
    metadata,
    serial_column(),
    text_column("appointment_id", ForeignKey("appointment.id")),
    day_column("on"),
    member_column("status", AppointmentStatus),
    text_column("reason", nullable=True),
    Column("ruleset", Integer, nullable=True),
)

appointment_document = Table(
    "appointment_document",
    metadata,
    Column("id", Text, primary_key=True),
    text_column("appointment_id", ForeignKey("appointment.id"), index=True),
    member_column("paper", Paper),
    text_column("name"),
    text_column("media_type"),
    Column("size", Integer, nullable=False),
    text_column("sha256"),
    Column("content", LargeBinary, nullable=False),
    day_column("recorded_on"),
)

appointment_change = Table(
    "appointment_change",
    metadata,
    Column("id", Text, primary_key=True),
    text_column("appointment_id", ForeignKey("appointment.id"), index=True),
    day_column("changed_on"),
    day_column("submitted_on"),
    day_column("recorded_on"),
    text_column("position"),
    flag_column("decision_level"),
    text_column("authorisation"),
    text_column("document_number"),
    day_column("document_date"),
    day_column("filing_due_on"),
    flag_column("late"),
    Column("ruleset", Integer, nullable=False),
    Column("unknown_years", JSONB, nullable=False),
)

import_job = Table(
    "import_job",
    metadata,
    Column("id", Text, primary_key=True),
    member_column("kind", ImportKind),
    Column("caller", JSONB, nullable=False),
    text_column("division", nullable=True),
    text_column("enterprise_id", nullable=True),
    text_column("correlation_id"),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    member_column("state", ImportState),
    Column("attempts", Integer, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=True),
    Column("ended_at", DateTime(timezone=True), nullable=True),
    Column("rows", Integer, nullable=True),
    Column("rows_done", Integer, nullable=False),
    Column("report", JSONB(none_as_null=True), nullable=True),
    Column("rejections", JSONB(none_as_null=True), nullable=True),
    Column("reason", JSONB(none_as_null=True), nullable=True),
    Index("ix_import_job_unfinished", "id", postgresql_where=text("state IN ('waiting', 'running')")),
    Index("ix_import_job_division_id", "division", "id"),
    Index("ix_import_job_enterprise_id_id", "enterprise_id", "id"),
    Index("ix_import_job_requested_at", "requested_at"),
)

# Sealed: what was sent, until it has been imported; and the rows that were rejected, as they came.
import_file, import_rejected = (
    Table(
        name,
        metadata,
        text_column("job_id", ForeignKey("import_job.id", ondelete="CASCADE"), primary_key=True),
        Column("content", LargeBinary, nullable=False),
    )
    for name in ("import_file", "import_rejected")
)

calendar_year = Table(
    "calendar_year",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("days_off", JSONB, nullable=False),
    Column("days_worked", JSONB, nullable=False),
    text_column("document"),
    day_column("entered_on"),
)

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
for listed in (enterprise, person, talent, post, appointment, recommendation, incident):
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
