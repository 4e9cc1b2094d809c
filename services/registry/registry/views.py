"""How objects look in answers: masked, in the caller's language, with what the reader would have to ask for next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from registry.domain.appointment import Appointment, AppointmentStatus
from registry.domain.candidacy import WARNINGS
from registry.domain.contact import Contact
from registry.domain.eligibility import Eligibility
from registry.domain.enterprise import Enterprise
from registry.domain.person import DECLARATION, EXPERIENCE, TITLE, Person, PersonFact
from registry.domain.post import Post
from registry.domain.talent import Talent, TalentStatus
from registry.sealing import Vault
from registry.storage import contact, person_fact


def enterprise_views(session: Session, found: Sequence[Enterprise], vault: Vault) -> list[dict[str, Any]]:
    """Enterprises as answers show them: with masked contact points."""
    contacts = _masked(session, [one.id for one in found], vault)
    return [{**_columns(one), **contacts.get(one.id, {})} for one in found]


def person_views(session: Session, found: Sequence[Person], vault: Vault) -> list[dict[str, Any]]:
    """People as answers show them: masked, with the facts that hold now."""
    ids = [one.id for one in found]
    contacts = _masked(session, ids, vault)
    facts: dict[str, dict[str, str]] = {one_id: {} for one_id in ids}
    current = select(PersonFact).where(person_fact.c.person_id.in_(ids), person_fact.c.valid_to.is_(None))
    for fact in session.scalars(current):
        facts[fact.person_id][fact.kind] = fact.value
    return [
        {
            **_columns(one),
            **contacts.get(one.id, {}),
            "id_number": vault.masked_id_number(one.id_number, one.id_number_index),
            "quality_years": facts[one.id].get(EXPERIENCE),
            "title": facts[one.id].get(TITLE),
            "declaration": DECLARATION in facts[one.id],
        }
        for one in found
    ]


def appointment_view(one: Appointment, language: str, status: AppointmentStatus | None = None) -> dict[str, Any]:
    """An appointment as answers show it, with the status of a past day if one is given, and its warnings in words."""
    spoken = 0 if language == "zh" else 1
    view = {**_columns(one), "warnings": [{"rule": rule, "message": WARNINGS[rule][spoken]} for rule in one.warnings]}
    view["appointed_by"] = {"name": one.appointed_by_name, "capacity": one.appointed_by_capacity}
    view["document"] = {"number": one.document_number, "date": one.document_date}
    if status is not None:
        view |= {"status": status.status, "since": status.on, "reason": status.reason}
    return view


def talent_view(one: Talent, status: TalentStatus, appointed: bool) -> dict[str, Any]:
    """A member of the pool as answers show it."""
    view = {"person_id": one.id, **_columns(one), "appointed": appointed}
    return view | {"status": status.status, "since": status.on, "reason": status.reason}


def post_view(one: Post, holder: Appointment | None) -> dict[str, Any]:
    """A post as answers show it."""
    return {**_columns(one), "vacant": holder is None, "appointment_id": holder.id if holder else None}


def eligibility_view(decided: Eligibility, language: str) -> dict[str, Any]:
    """A decision in the caller's language."""
    spoken = 0 if language == "zh" else 1
    criteria = [
        {"rule": one.rule, "name": one.name[spoken], "met": one.met, "why": one.why[spoken], "evidence": one.evidence}
        for one in decided.criteria
    ]
    return {
        "person_id": decided.person_id,
        "on": decided.on,
        "eligible": decided.eligible,
        "ruleset": decided.ruleset,
        "criteria": criteria,
    }


def contact_view(contact: Contact, vault: Vault) -> dict[str, Any]:
    """A contact as answers show it."""
    phone, email = vault.masked_contact(contact.id, contact.phone, contact.email)
    return {
        "owner_id": contact.id,
        "owner_kind": contact.owner_kind,
        "phone": phone,
        "email": email,
        "version": contact.version,
    }


def _masked(session: Session, owner_ids: list[str], vault: Vault) -> dict[str, dict[str, Any]]:
    views = {}
    for found in session.scalars(select(Contact).where(contact.c.id.in_(owner_ids))):
        phone, email = vault.masked_contact(found.id, found.phone, found.email)
        views[found.id] = {"phone": phone, "email": email}
    return views


def _columns(entity: Any) -> dict[str, Any]:
    return {column.key: getattr(entity, column.key) for column in inspect(type(entity)).local_table.c}
