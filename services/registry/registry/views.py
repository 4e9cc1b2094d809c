"""How objects look in answers: masked, in the caller's language, with what the reader would have to ask for next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import TypeAlias

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from registry.adapters.personal_data import PersonalDataCipher, masked
from registry.domain.appointment import Appointment, AppointmentHistory, status_on
from registry.domain.candidacy import WARNINGS
from registry.domain.change import AppointmentChange
from registry.domain.contact import Contact, ContactPoints
from registry.domain.duty import SECTIONS, DutyReport, DutyRevision
from registry.domain.eligibility import Eligibility
from registry.domain.enterprise import Enterprise
from registry.domain.import_job import ImportJob
from registry.domain.incident import Incident, IncidentReport
from registry.domain.person import FactKind, Person, PersonFact
from registry.domain.post import Post
from registry.queries import AppointmentOnDay, EnterpriseRow, RecommendationInFull, TalentOnDay
from registry.storage import contact, person_fact
from registry.usecases.enterprises import RegisterEnterprise
from registry.usecases.import_report import MOST_REJECTIONS, ImportReport

# Of an import, beside what is told in words.
SHOWN_OF_IMPORT = (
    "id",
    "kind",
    "state",
    "division",
    "correlation_id",
    "requested_at",
    "started_at",
    "ended_at",
    "rows",
    "rows_done",
    "report",
)
View: TypeAlias = dict[str, object]  # what a route's schema dumps


def enterprise_view(row: EnterpriseRow, cipher: PersonalDataCipher) -> View:
    """An enterprise as answers show it: with masked contact points."""
    points = cipher.masked_points(row["id"], row["phone"], row["email"])
    return {**row, "phone": points.phone, "email": points.email}


def registered_enterprise_view(enterprise: Enterprise, given: RegisterEnterprise) -> View:
    """The same of one that was registered just now."""
    points = masked(ContactPoints(given.phone, given.email))
    return {**_columns(enterprise), "phone": points.phone, "email": points.email}


def changed_enterprise_view(session: Session, enterprise: Enterprise, cipher: PersonalDataCipher) -> View:
    """The same of one that was changed just now."""
    contact = session.get(Contact, enterprise.id)
    points = {"phone": contact.phone, "email": contact.email} if contact else {"phone": None, "email": None}
    return enterprise_view({**_columns(enterprise), **points}, cipher)


def person_view(session: Session, person: Person, cipher: PersonalDataCipher) -> View:
    """A person as answers show them."""
    return person_views(session, [person], cipher)[0]


def person_views(session: Session, people: Sequence[Person], cipher: PersonalDataCipher) -> list[View]:
    """People as answers show them: masked, with the facts that hold now."""
    ids = [person.id for person in people]
    contacts = _masked_contacts(session, ids, cipher)
    facts = _present_facts(session, ids)
    return [
        {
            **_columns(person),
            **contacts.get(person.id, {}),
            "id_number": cipher.masked_id_number(person),
            "quality_years": facts.get((person.id, FactKind.EXPERIENCE)),
            "title": facts.get((person.id, FactKind.TITLE)),
            "declaration": (person.id, FactKind.DECLARATION) in facts,
        }
        for person in people
    ]


def appointment_view(appointment: Appointment, language: str) -> View:
    """An appointment as answers show it, its warnings in words."""
    return {
        **_columns(appointment),
        "filing": appointment.filing,
        "appointed_by": {"name": appointment.appointed_by_name, "capacity": appointment.appointed_by_capacity},
        "document": {"number": appointment.document_number, "date": appointment.document_date},
        "warnings": [
            {"rule": code.partition(":")[0], "message": WARNINGS[code].sentence(language)}
            for code in appointment.warnings
        ],
    }


def appointment_on_day_view(row: AppointmentOnDay, language: str) -> View:
    """An appointment with the status of a past day."""
    history = row.history
    status: View = {"status": history.status, "since": history.on, "reason": history.reason}
    return appointment_view(row.appointment, language) | status


def appointment_today_view(
    appointment: Appointment, history: list[AppointmentHistory], today: date, language: str
) -> View:
    """An appointment with the status of today and every status it had: on its last day it has not ended yet."""
    return {**appointment_view(appointment, language), "status": status_on(history, today), "history": history}


def change_view(change: AppointmentChange, language: str) -> View:
    """A change of an appointment, with what to know of its last day."""
    return {
        **_columns(change),
        "document": {"number": change.document_number, "date": change.document_date},
        "warnings": change.warnings(language),
    }


def recommendation_view(found: RecommendationInFull) -> View:
    """A recommendation with what it rests on."""
    return {**_columns(found.recommendation), "evidence": found.evidence, "decisions": found.decisions}


def incident_view(found: Incident, reports: list[IncidentReport]) -> View:
    """An incident with all its reports."""
    return {**_columns(found), "reports": reports}


def duty_report_view(found: DutyReport, revisions: list[DutyRevision], language: str) -> View:
    """A paper of a duty record with its revisions, each section under its duty's name."""
    return {**_columns(found), "revisions": [_revision_view(revision, language) for revision in revisions]}


def _revision_view(revision: DutyRevision, language: str) -> View:
    sections = [
        {"duty": duty, "rule": named.rule, "name": named.name.sentence(language), "text": revision.sections[duty]}
        for duty, named in SECTIONS.items()
        if duty in revision.sections
    ]
    return {**_columns(revision), "sections": sections}


def talent_view(row: TalentOnDay) -> View:
    """A member of the pool as answers show it: all of that day but the name and the division."""
    history, certificate = row.history, row.certificate
    rest = {"certificate_id": certificate.certificate_id, "valid_until": certificate.valid_until} if certificate else {}
    return {
        **_columns(row.talent),
        **rest,
        "person_id": row.talent.id,
        "appointed": row.appointed,
        "status": history.status,
        "since": history.on,
        "reason": history.reason,
    }


def post_view(post: Post, holder: Appointment | None = None) -> View:
    """A post as answers show it."""
    return {**_columns(post), "vacant": holder is None, "appointment_id": holder.id if holder else None}


def eligibility_view(decided: Eligibility, language: str) -> View:
    """A decision in the caller's language."""
    criteria = [
        {
            "rule": criterion.rule,
            "name": criterion.name.sentence(language),
            "met": criterion.met,
            "why": criterion.why.sentence(language),
            "evidence": [asdict(item) for item in criterion.evidence],
        }
        for criterion in decided.criteria
    ]
    return {
        "person_id": decided.person_id,
        "on": decided.on,
        "eligible": decided.eligible,
        "ruleset": decided.rules,
        "criteria": criteria,
    }


def contact_view(found: Contact, cipher: PersonalDataCipher) -> View:
    """A contact as answers show it."""
    return {
        **asdict(cipher.masked_contact(found)),
        "owner_id": found.id,
        "owner_kind": found.owner_kind,
        "version": found.version,
    }


def import_view(report: ImportReport, language: str) -> View:
    """What an import did, each reason in the caller's language."""
    rejected = [
        {
            "row": rejection.row,
            "column": rejection.column,
            "letter": rejection.letter,
            "reason": rejection.violation.sentence(language),
        }
        for rejection in report.rejections[:MOST_REJECTIONS]
    ]
    return {**report.figures(), "rejected": rejected}


def import_job_view(job: ImportJob, language: str) -> View:
    """An import as lists show it."""
    reason = job.reason and {"code": job.reason["code"], "reason": job.reason[language]}
    shown = {name: getattr(job, name) for name in SHOWN_OF_IMPORT}
    return {**shown, "requested_by": job.caller["subject"], "reason": reason}


def import_job_with_rejections_view(job: ImportJob, language: str) -> View:
    """The same with the first violations, each reason in the caller's language."""
    rejected = [{**told, "reason": told[language]} for told in job.rejections or ()]
    return {**import_job_view(job, language), "rejected": rejected}


def _masked_contacts(session: Session, owner_ids: list[str], cipher: PersonalDataCipher) -> dict[str, View]:
    found = session.scalars(select(Contact).where(contact.c.id.in_(owner_ids)))
    return {each.id: asdict(cipher.masked_contact(each)) for each in found}


def _present_facts(session: Session, person_ids: list[str]) -> dict[tuple[str, FactKind], str]:
    present = select(PersonFact).where(person_fact.c.person_id.in_(person_ids), person_fact.c.valid_to.is_(None))
    return {(fact.person_id, fact.kind): fact.value for fact in session.scalars(present)}


def _columns(entity: object) -> View:
    return {column.key: getattr(entity, column.key) for column in inspect(type(entity)).local_table.c}
