"""Recommendations of candidates, from the enterprise's letter to the bureau's decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from notifications.domain.recipients import Mentions


@dataclass(frozen=True, kw_only=True)
class OfRecommendation:
    """`recommendation.returned.v1`, `recommendation.admitted.v1` and `recommendation.refused.v1`."""

    recommendation_id: str
    enterprise_id: str
    person_id: str
    on: date

    @property
    def mentions(self) -> Mentions:
        return Mentions(person_id=self.person_id, enterprise_id=self.enterprise_id)


@dataclass(frozen=True, kw_only=True)
class RecommendationMade(OfRecommendation):
    """`recommendation.made.v1`."""

    document: str
    review_due_on: date
