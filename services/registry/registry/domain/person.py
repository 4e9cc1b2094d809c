"""People: candidates and holders (R8–R10), with dated facts about them, so that a past day can be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from registry.events import PersonChanged, PersonRegistered

EXPERIENCE, TITLE, DECLARATION = "experience", "title", "declaration"


@dataclass
class PersonFact:
    """Something that held for a person from one day up to, but not including, another.

    `experience`: the years stated, holding from the day they are counted from; `title`: a technical title;
    `declaration`: the integrity declaration, holding from the day it was made.
    """

    person_id: str
    kind: str
    value: str
    valid_from: date
    recorded_on: date
    valid_to: date | None = None
    id: int | None = None

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass
class Exclusion:
    """An entry of the exclusion list (R30), kept by the blind index of the ID number: it also hits later candidates."""

    id: str
    id_number_index: str
    reason: str
    document: str
    valid_from: date
    recorded_on: date
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass
class Person:
    """A person; the ID number is ciphertext, found by a keyed index."""

    id: str
    name: str
    division: str
    enterprise_id: str | None
    id_number: str
    id_number_index: str
    degree: str | None
    registered_on: date
    version: int = 0

    def register(self, on: date) -> PersonRegistered:
        """Enters the person in the register."""
        return PersonRegistered(**self._public(on))

    def change(self, changes: dict[str, Any], facts_changed: bool, on: date) -> PersonChanged | None:
        """Takes over what differs; None if neither the person nor a fact about it did."""
        changed = {name: value for name, value in changes.items() if getattr(self, name) != value}
        for name, value in changed.items():
            setattr(self, name, value)
        return PersonChanged(**self._public(on)) if changed or facts_changed else None

    def _public(self, on: date) -> dict[str, Any]:
        return {
            "person_id": self.id,
            "name": self.name,
            "division": self.division,
            "enterprise_id": self.enterprise_id,
            "on": on,
        }


def restate(person_id: str, current: list[PersonFact], stated: dict[str, Any], on: date) -> list[PersonFact]:
    """Closes the facts that `stated` contradicts and makes those it adds; returns both. A kind left out stays as it is.

    `stated` may hold `quality_years` (int), `title` (str or None) and `declaration` (bool).
    """
    wanted = {
        EXPERIENCE: None if stated.get("quality_years") is None else str(stated["quality_years"]),
        TITLE: stated.get("title") or None,
        DECLARATION: "是" if stated.get("declaration") else None,
    }
    named = {EXPERIENCE: "quality_years", TITLE: "title", DECLARATION: "declaration"}
    touched = []
    for kind, value in wanted.items():
        if named[kind] not in stated:
            continue
        old = next((fact for fact in current if fact.kind == kind and fact.valid_to is None), None)
        if (old.value if old else None) == value:
            continue
        if old:
            old.valid_to = on
            touched.append(old)
        if value is not None:
            touched.append(PersonFact(person_id, kind, value, _beginning(kind, value, on), on))
    return touched


def _beginning(kind: str, value: str, on: date) -> date:
    # Years of experience stated today began that many years ago; so they also grow by themselves.
    return years_before(on, int(value)) if kind == EXPERIENCE else on


def years_before(day: date, years: int) -> date:
    """The same day `years` earlier; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def full_years(since: date, until: date) -> int:
    """How many whole years lie between two days."""
    years = until.year - since.year
    anniversary = years_before(since, -years)
    return max(0, years - (until < anniversary))
