"""What is announced of people, how they are reached, and the talent pool."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True)
class PersonRegistered:
    type: ClassVar[str] = "person.registered.v1"
    person_id: str
    name: str
    division: str
    enterprise_id: str | None
    on: date


@dataclass(frozen=True)
class PersonChanged(PersonRegistered):
    type: ClassVar[str] = "person.changed.v1"


@dataclass(frozen=True)
class PersonExcluded:
    """On the exclusion list from `valid_from` on (R30); it is said when that day has come. Why is not said."""

    type: ClassVar[str] = "person.excluded.v1"
    person_id: str
    document: str
    valid_from: date
    valid_until: date | None
    in_office: bool
    on: date


@dataclass(frozen=True)
class ContactChanged:
    """`jwe` can be opened by notifications alone."""

    type: ClassVar[str] = "contact.changed.v1"
    owner_kind: str
    owner_id: str
    jwe: str


@dataclass(frozen=True)
class TalentAdmitted:
    type: ClassVar[str] = "talent.admitted.v1"
    person_id: str
    name: str
    certificate_id: str
    valid_until: date
    on: date


@dataclass(frozen=True)
class TalentRestored(TalentAdmitted):
    type: ClassVar[str] = "talent.restored.v1"


@dataclass(frozen=True)
class TalentLapsed(TalentAdmitted):
    type: ClassVar[str] = "talent.lapsed.v1"
    reason: str


@dataclass(frozen=True)
class TalentExcluded(TalentAdmitted):
    type: ClassVar[str] = "talent.excluded.v1"
