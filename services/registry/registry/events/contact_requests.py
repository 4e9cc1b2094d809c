"""What is announced of requests to be put in contact with a member of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class OfContactRequest:
    """What every event of a request says. Neither whom it asks for by name, nor why, nor a contact point is in it."""

    contact_request_id: str
    person_id: str
    asking_enterprise_id: str
    on: date


@dataclass(frozen=True, kw_only=True)
class ContactRequested(OfContactRequest):
    """An enterprise asks to be put in contact with a member of the pool, who answers by `answer_by`."""

    type: ClassVar[str] = "contact_request.made.v1"
    asking_enterprise_name: str
    answer_by: date
    ruleset: int


@dataclass(frozen=True, kw_only=True)
class ContactAnswered(OfContactRequest):
    """The person said yes or no, or no after a yes."""

    type: ClassVar[str] = "contact_request.answered.v1"
    accepted: bool


@dataclass(frozen=True, kw_only=True)
class ContactRequestExpired(OfContactRequest):
    """The last day for an answer has passed without one."""

    type: ClassVar[str] = "contact_request.expired.v1"
    answer_by: date
