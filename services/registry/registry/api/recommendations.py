"""Routes of recommendations: the enterprise recommends, the bureau reviews."""

from __future__ import annotations

from chassis.http import Page, Response, http
from programme.http import Request
from registry import queries, schemas, views
from registry.api.base import APPLICANTS, PEOPLE_READERS, STAFF, Routes
from registry.domain.recommendation import (
    AlreadyDecided,
    AlreadyRecommended,
    CriteriaUnmet,
    NotEveryCriterion,
    NotReturned,
    ReasonMissing,
    WaitsForEnterprise,
)
from registry.queries import RecommendationFilters
from registry.usecases.recommend import (
    DeclaredAhead,
    NoEnterprise,
    Recommend,
    WithdrawRecommendation,
    complete,
    recommend,
    withdraw,
)
from registry.usecases.review import Review, review
from registry.views import View


class RecommendationRoutes(Routes):
    """Candidates: recommended, reviewed criterion by criterion, admitted to the training."""

    @http(
        "POST",
        "/people/<person_id>/recommendations",
        body=schemas.NewRecommendation,
        returns=schemas.Recommendation,
        status=201,
        roles=APPLICANTS,
        problems=(AlreadyRecommended, NoEnterprise, DeclaredAhead),
        summary="Recommend a person as CQO, with evidence (R17, R30–R32)",
    )
    def recommend(self, request: Request[Recommend], person_id: str) -> Response:
        with self.db.begin() as session:
            made = recommend(session, request.caller, person_id, request.body, self.clock)
            return request.reply(session, made)

    @http(
        "GET",
        "/recommendations",
        query=schemas.RecommendationFilters,
        returns=schemas.Recommendation,
        roles=PEOPLE_READERS,
        paged=True,
        summary="Recommendations, by status, or whose review is overdue",
    )
    def list_recommendations(self, request: Request[None, RecommendationFilters]) -> Page:
        with self.db.begin() as session:
            return queries.recommendations(session, request.caller, request.query, self.clock.today(), request.page)

    @http(
        "GET",
        "/recommendations/<recommendation_id>",
        returns=schemas.RecommendationInFull,
        roles=PEOPLE_READERS,
        summary="A recommendation with its evidence and the reviewer's decisions",
    )
    def get_recommendation(self, request: Request[None], recommendation_id: str) -> View:
        with self.db.begin() as session:
            found = queries.recommendation_in_full(session, request.caller, recommendation_id, self.clock.today())
            return views.recommendation_view(found)

    @http(
        "POST",
        "/recommendations/<recommendation_id>/review",
        body=schemas.NewReview,
        returns=schemas.Recommendation,
        roles=STAFF,
        problems=(AlreadyDecided, WaitsForEnterprise, NotEveryCriterion, CriteriaUnmet, ReasonMissing),
        summary="Decide each criterion, and admit, return or refuse (R30–R32)",
    )
    def review(self, request: Request[Review], recommendation_id: str) -> Response:
        with self.db.begin() as session:
            reviewed = review(session, request.caller, recommendation_id, request.body, self.clock)
            return request.reply(session, reviewed)

    @http(
        "POST",
        "/recommendations/<recommendation_id>/completion",
        body=schemas.NewRecommendation,
        returns=schemas.Recommendation,
        roles=APPLICANTS,
        problems=(AlreadyDecided, NotReturned, DeclaredAhead),
        summary="Complete a recommendation that was returned, and send it again",
    )
    def complete(self, request: Request[Recommend], recommendation_id: str) -> Response:
        with self.db.begin() as session:
            completed = complete(session, request.caller, recommendation_id, request.body, self.clock)
            return request.reply(session, completed)

    @http(
        "POST",
        "/recommendations/<recommendation_id>/withdrawal",
        body=schemas.RecommendationWithdrawal,
        returns=schemas.Recommendation,
        roles=APPLICANTS,
        problems=(AlreadyDecided,),
        summary="Take a recommendation back before it is decided",
    )
    def withdraw(self, request: Request[WithdrawRecommendation], recommendation_id: str) -> Response:
        with self.db.begin() as session:
            withdrawn = withdraw(session, request.caller, recommendation_id, request.body, self.clock)
            return request.reply(session, withdrawn)
