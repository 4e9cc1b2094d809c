"""Requests to be put in contact with a member of the pool: told to the person, and the answer to who asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from notifications.domain.recipients import Mentions


@dataclass(frozen=True, kw_only=True)
class ContactRequested:
    """`contact_request.made.v1`: for the person and whoever employs them now."""

    person_id: str
    asking_enterprise_name: str
    answer_by: date
    on: date

    @property
    def mentions(self) -> Mentions:
        return Mentions(person_id=self.person_id, concerns_present_employer=True)


@dataclass(frozen=True, kw_only=True)
class OfAskingEnterprise:
    """For who asked. They are told no name: the answer may be no."""

    contact_request_id: str
    asking_enterprise_id: str
    on: date

    @property
    def mentions(self) -> Mentions:
        return Mentions(enterprise_id=self.asking_enterprise_id)


@dataclass(frozen=True, kw_only=True)
class ContactAnswered(OfAskingEnterprise):
    """`contact_request.answered.v1`."""

    accepted: bool


@dataclass(frozen=True, kw_only=True)
class ContactRequestExpired(OfAskingEnterprise):
    """`contact_request.expired.v1`."""

    answer_by: date
