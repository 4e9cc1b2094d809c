"""Why somebody is eligible on a day, or is not: each criterion with its evidence, by the rule set then in force."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from programme import rulesets
from programme.callers import Caller
from registry.domain.eligibility import Eligibility, assess
from registry.domain.rules import Rules
from registry.usecases.access import dossier_of, load_person


def eligibility(session: Session, caller: Caller, person_id: str, on: date, today: date) -> Eligibility:
    """R30 to R34 for a person whom the caller may see today, decided for the day `on`."""
    person = load_person(session, caller, person_id, today)
    return assess(person.id, dossier_of(session, person), on, rulesets.rules_on(session, on, Rules))
