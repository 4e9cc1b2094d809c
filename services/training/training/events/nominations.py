"""What is announced of nominations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True)
class NominationSubmitted:
    type: ClassVar[str] = "nomination.submitted.v1"
    nomination_id: str
    class_id: str
    class_name: str
    enterprise_id: str
    person_id: str
    on: date


@dataclass(frozen=True)
class NominationWaitlisted:
    """There was no place: the person waits, at that place of the list."""

    type: ClassVar[str] = "nomination.waitlisted.v1"
    nomination_id: str
    class_id: str
    class_name: str
    enterprise_id: str
    person_id: str
    place: int
    on: date


@dataclass(frozen=True)
class NominationPromoted:
    """A place became free, and is the person's who waited for it."""

    type: ClassVar[str] = "nomination.promoted.v1"
    nomination_id: str
    class_id: str
    class_name: str
    enterprise_id: str
    person_id: str
    on: date


@dataclass(frozen=True)
class NominationWithdrawn:
    type: ClassVar[str] = "nomination.withdrawn.v1"
    nomination_id: str
    class_id: str
    class_name: str
    enterprise_id: str
    person_id: str
    reason: str
    on: date


@dataclass(frozen=True)
class NominationInvited:
    """When and where the class begins, for somebody who is enrolled; `venue` may be a meeting's address on the net."""

    type: ClassVar[str] = "nomination.invited.v1"
    nomination_id: str
    class_id: str
    class_name: str
    enterprise_id: str
    person_id: str
    starts_on: date
    ends_on: date
    venue: str | None
    on: date


@dataclass(frozen=True)
class NominationRescheduled:
    """The class of somebody who is nominated has other days, or another venue."""

    type: ClassVar[str] = "nomination.rescheduled.v1"
    nomination_id: str
    class_id: str
    class_name: str
    enterprise_id: str
    person_id: str
    starts_on: date
    ends_on: date
    venue: str | None
    reason: str
    on: date


@dataclass(frozen=True)
class NominationCancelled:
    """The class of somebody who was nominated will not be held."""

    type: ClassVar[str] = "nomination.cancelled.v1"
    nomination_id: str
    class_id: str
    class_name: str
    enterprise_id: str
    person_id: str
    reason: str
    on: date
