"""Enrolments in a training class: what is read of their events, which are announced and change nothing else here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from notifications.domain.recipients import Mentions


@dataclass(frozen=True, kw_only=True)
class EnrolmentCompleted:
    class_id: str
    person_id: str
    enterprise_id: str | None = None
    hours: float
    attendance_percent: float
    score: float | None
    passed: bool
    on: date
    resit_until: date | None = None

    @property
    def mentions(self) -> Mentions:
        return Mentions(person_id=self.person_id, enterprise_id=self.enterprise_id, class_id=self.class_id)


@dataclass(frozen=True, kw_only=True)
class EnrolmentRevised(EnrolmentCompleted):
    cause: str
    reason: str | None = None
    document: str | None = None


@dataclass(frozen=True, kw_only=True)
class OfAppeal:
    class_id: str
    person_id: str
    enterprise_id: str | None = None
    on: date

    @property
    def mentions(self) -> Mentions:
        return Mentions(person_id=self.person_id, enterprise_id=self.enterprise_id, class_id=self.class_id)


@dataclass(frozen=True, kw_only=True)
class AppealSubmitted(OfAppeal):
    pass


@dataclass(frozen=True, kw_only=True)
class AppealDecided(OfAppeal):
    upheld: bool
    decision: str
    document: str
