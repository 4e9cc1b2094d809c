"""Lists of recommendations, and one with what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from registry.domain.recommendation import Decision, Recommendation, RecommendationStatus, StatedEvidence
from registry.queries.conditions import equal, is_or_not, within
from registry.storage import recommendation, recommendation_decision, recommendation_evidence
from registry.usecases.access import load_recommendation, visible

EVIDENCE = (
    select(StatedEvidence)
    .where(recommendation_evidence.c.recommendation_id == bindparam("recommendation_id"))
    .order_by(recommendation_evidence.c.id)
)
DECISIONS = (
    select(Decision)
    .where(recommendation_decision.c.recommendation_id == bindparam("recommendation_id"))
    .order_by(recommendation_decision.c.id)
)


@dataclass(frozen=True)
class RecommendationFilters:
    """Which recommendations are asked for; `overdue`: whose review should have been done by now."""

    division: str | None = None
    enterprise_id: str | None = None
    person_id: str | None = None
    status: RecommendationStatus | None = None
    overdue: bool | None = None


@dataclass(frozen=True)
class RecommendationInFull:
    """A recommendation, what the enterprise stated and what was decided, in the order in which that came."""

    recommendation: Recommendation
    evidence: list[StatedEvidence]
    decisions: list[Decision]


def recommendations(
    session: Session, caller: Caller, filters: RecommendationFilters, on: date, page: PageArguments
) -> Page:
    """A page of Recommendation."""
    late = and_(recommendation.c.status == RecommendationStatus.RECOMMENDED, recommendation.c.review_due_on < on)
    conditions = [
        visible(recommendation, caller, on),
        *within(recommendation, filters.division, on),
        *equal(
            recommendation,
            enterprise_id=filters.enterprise_id,
            person_id=filters.person_id,
            status=filters.status,
        ),
        *is_or_not(late, filters.overdue),
    ]
    return paginate(session, select(Recommendation).where(*conditions), [recommendation.c.id], page)


def recommendation_in_full(session: Session, caller: Caller, recommendation_id: str, on: date) -> RecommendationInFull:
    """A recommendation that the caller may see."""
    found = load_recommendation(session, caller, recommendation_id, on)
    of_it = {"recommendation_id": found.id}
    return RecommendationInFull(found, list(session.scalars(EVIDENCE, of_it)), list(session.scalars(DECISIONS, of_it)))
