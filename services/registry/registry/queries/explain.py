"""Why somebody is eligible on a day, or is not: each criterion with its evidence, by the rule set then in force."""

from __future__ import annotations

from datetime import date

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from programme import rulesets
from programme.callers import Caller
from registry.domain.eligibility import Dossier, EducationFact, Eligibility, assess
from registry.domain.rules import Rules
from registry.storage import education_fact
from registry.usecases.access import certificates_of, exclusions_of, facts_of, load_person

EDUCATION_FACTS = (
    select(EducationFact).where(education_fact.c.person_id == bindparam("person_id")).order_by(education_fact.c.id)
)


def eligibility(session: Session, caller: Caller, person_id: str, on: date, today: date) -> Eligibility:
    """R30 to R34 for a person whom the caller may see today, decided for the day `on`."""
    person = load_person(session, caller, person_id, today)
    dossier = Dossier(
        facts=facts_of(session, person.id),
        exclusions=exclusions_of(session, person),
        certificates=certificates_of(session, person.id),
        educations=list(session.scalars(EDUCATION_FACTS, {"person_id": person.id})),
    )
    return assess(person.id, dossier, on, rulesets.rules_on(session, on, Rules))
