"""Breaches of conduct: that one was confirmed or lifted, and what follows; never the facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from notifications.domain.recipients import Mentions


@dataclass(frozen=True, kw_only=True)
class BreachLifted:
    """`breach.lifted.v1`."""

    breach_id: str
    enterprise_id: str
    person_id: str
    kind: str
    consequence: str
    on: date

    @property
    def mentions(self) -> Mentions:
        return Mentions(person_id=self.person_id, enterprise_id=self.enterprise_id)


@dataclass(frozen=True, kw_only=True)
class BreachConfirmed(BreachLifted):
    """`breach.confirmed.v1`; `until`: the last day of the exclusion, where that is the consequence."""

    until: date | None = None
