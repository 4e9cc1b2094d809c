"""The ledger of continuing education in the database: years are read, locked, and made where they are missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import ARRAY, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from programme import rulesets
from training import storage
from training.domain.education import EducationYear, Ledger, YearRules, year_id
from training.domain.rules import Rules

YEARS = range(2013, 2101)  # of the ledger
PersonYear = tuple[str, int]
OF_IDS = select(EducationYear).where(storage.education_year.c.id == func.any(bindparam("ids", type_=ARRAY(Text))))


def rules_of(session: Session, years: Iterable[int]) -> dict[int, YearRules]:
    """The rules of these years and of those before them: of each the rule set that holds at its end."""
    wanted = {each for year in years for each in (year - 1, year) if each in YEARS}
    return {year: YearRules.of(rulesets.rules_on(session, date(year, 12, 31), Rules)) for year in sorted(wanted)}


def read(session: Session, wanted: Iterable[PersonYear]) -> Ledger:
    """What these people have done for these years, and for those before them."""
    keys = set(wanted)
    rules = rules_of(session, {year for _, year in keys})
    return Ledger(_years(session, keys | _before(keys, rules)), rules)


def lock(session: Session, wanted: Iterable[PersonYear], divisions: Mapping[str, str]) -> Ledger:
    """The same, with these years locked, and made where they are missing; by `divisions` of each person.

    With a year that may hand hours on, the next one is locked, too: what changes the one changes the other.
    """
    keys = set(wanted)
    rules = rules_of(session, {each for _, year in keys for each in (year, year + 1)})
    locked = keys | {(person, year + 1) for person, year in keys if rules[year].carry_over and year + 1 in YEARS}
    found = _locked(session, locked, divisions)
    # Whoever changes a year that hands hours on holds the lock of the next one; so these stay as they are read.
    before = _before(keys, rules) - locked
    return Ledger({**_years(session, before), **found}, rules)


def _before(keys: set[PersonYear], rules: Mapping[int, YearRules]) -> set[PersonYear]:
    """The years before these, where they may hand hours on."""
    return {(person, year - 1) for person, year in keys if year - 1 in rules and rules[year - 1].carry_over}


def _years(session: Session, keys: set[PersonYear]) -> dict[str, EducationYear]:
    if not keys:
        return {}
    found = session.scalars(OF_IDS.execution_options(populate_existing=True), {"ids": [year_id(*key) for key in keys]})
    return {year.id: year for year in found}


def _locked(session: Session, keys: set[PersonYear], divisions: Mapping[str, str]) -> dict[str, EducationYear]:
    if not keys:
        return {}
    # Made and locked in the order of their ids, so that two callers can't wait for each other's rows.
    ordered = sorted((year_id(*key), *key) for key in keys)
    new = [
        {"id": key, "person_id": person, "year": year, "division": divisions[person], "total_hours": 0, "version": 0}
        for key, person, year in ordered
    ]
    session.execute(insert(storage.education_year).on_conflict_do_nothing(), new)
    wanted = OF_IDS.order_by(storage.education_year.c.id).with_for_update()
    ids = [key for key, *_ in ordered]
    found = session.scalars(wanted.execution_options(populate_existing=True), {"ids": ids})
    return {year.id: year for year in found}
