"""What is announced of recommendations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True)
class OfRecommendation:
    """What every event of a recommendation says."""

    recommendation_id: str
    enterprise_id: str
    person_id: str
    on: date
    ruleset: int


@dataclass(frozen=True)
class RecommendationMade(OfRecommendation):
    """An enterprise recommends a person as its CQO, or sends the recommendation again once it was completed."""

    type: ClassVar[str] = "recommendation.made.v1"
    document: str
    review_due_on: date


@dataclass(frozen=True)
class RecommendationReturned(OfRecommendation):
    type: ClassVar[str] = "recommendation.returned.v1"


@dataclass(frozen=True)
class RecommendationAdmitted(OfRecommendation):
    type: ClassVar[str] = "recommendation.admitted.v1"


@dataclass(frozen=True)
class RecommendationRefused(OfRecommendation):
    type: ClassVar[str] = "recommendation.refused.v1"


@dataclass(frozen=True)
class RecommendationWithdrawn(OfRecommendation):
    type: ClassVar[str] = "recommendation.withdrawn.v1"
