"""People: candidates and holders (R8–R10), with dated facts about them, so that a past day can be asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypedDict, TypeVar

from registry.events import PersonChanged, PersonRegistered

AnnouncedT = TypeVar("AnnouncedT", bound=PersonRegistered)

# What lists have in a column that there is nothing to say in.
WORDS_FOR_NONE = frozenset(
    ("", "无", "暂无", "没有", "无职称", "未评", "未评定", "-", "—", "——", "/", "\\", "none", "n/a", "na", "null")
)


class FactKind(StrEnum):
    """What is known of a person by days."""

    EXPERIENCE = "experience"  # the years stated, holding from the day they are counted from
    TITLE = "title"  # a technical title
    DECLARATION = "declaration"  # the integrity declaration, holding from the day it was made


class Stated(TypedDict, total=False):
    """What a caller states of these; a kind that is left out stays as it is, None withdraws it."""

    quality_years: int | None
    title: str | None
    declaration: bool | None


@dataclass
class PersonFact:
    """Something that held for a person from one day up to, but not including, another."""

    person_id: str
    kind: FactKind
    value: str
    valid_from: date
    recorded_on: date
    valid_to: date | None = None
    id: int | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it was so on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


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

    @classmethod
    def register(
        cls,
        person_id: str,
        *,
        name: str,
        division: str,
        enterprise_id: str | None,
        id_number: str,
        id_number_index: str,
        degree: str | None,
        on: date,
    ) -> tuple[Person, PersonRegistered]:
        """Enters a person in the register; `id_number` is sealed."""
        person = cls(person_id, name, division, enterprise_id, id_number, id_number_index, degree, on)
        return person, person._announced(PersonRegistered, on)

    def change(self, changes: Mapping[str, object], facts_changed: bool, on: date) -> PersonChanged | None:
        """Takes over what differs, by field; None if neither the person nor a fact about it did."""
        changed = {name: value for name, value in changes.items() if getattr(self, name) != value}
        for name, value in changed.items():
            setattr(self, name, value)
        return self._announced(PersonChanged, on) if changed or facts_changed else None

    def _announced(self, kind: type[AnnouncedT], on: date) -> AnnouncedT:
        return kind(person_id=self.id, name=self.name, division=self.division, enterprise_id=self.enterprise_id, on=on)


def restate(person_id: str, current: Iterable[PersonFact], stated: Stated, on: date) -> list[PersonFact]:
    """Closes the facts that `stated` contradicts and makes those it adds; returns both."""
    open_facts = {fact.kind: fact for fact in current if fact.valid_to is None}
    touched = []
    for kind, value in _values(stated).items():
        old = open_facts.get(kind)
        if (old.value if old else None) == value:
            continue
        if old:
            old.valid_to = on
            touched.append(old)
        if value is not None:
            touched.append(PersonFact(person_id, kind, value, _beginning(kind, value, on), on))
    return touched


def _values(stated: Stated) -> dict[FactKind, str | None]:
    values: dict[FactKind, str | None] = {}
    if "quality_years" in stated:
        years = stated["quality_years"]
        values[FactKind.EXPERIENCE] = None if years is None else str(years)
    if "title" in stated:
        title = stated["title"]
        values[FactKind.TITLE] = None if title is None or is_none(title) else title
    if "declaration" in stated:
        values[FactKind.DECLARATION] = "是" if stated["declaration"] else None
    return values


def is_none(words: str) -> bool:
    """Whether somebody wrote in words that there is none."""
    return words.strip().casefold() in WORDS_FOR_NONE


def masked_name(name: str) -> str:
    """李明 → 李*: what tells people apart in a list, and not who they are."""
    return name[:1] + "*" * (len(name) - 1)


def _beginning(kind: FactKind, value: str, on: date) -> date:
    # Years of experience stated today began that many years ago; so they also grow by themselves.
    return years_before(on, int(value)) if kind == FactKind.EXPERIENCE else on


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
