"""Routes of what the offices do themselves: plans, campaigns, honours and good practices (R19, R50–R54)."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.clock import Clock
from chassis.data import ClockProvider, Database
from chassis.http import ANYONE, Page, http
from programme.callers import Role
from programme.http import Request, Response
from reporting.domain.campaigns import CampaignOver, NotACqo, NotYetBegun, Participant
from reporting.domain.honours import AlreadyWithdrawn
from reporting.domain.plans import PlanThere
from reporting.domain.practices import PracticeGone
from reporting.queries import government as queries
from reporting.queries.government import CampaignFilters, HonourFilters, PlanFilters, PracticeFilters
from reporting.schemas import government as schemas
from reporting.usecases import campaigns, honours, plans, practices
from reporting.usecases.campaigns import AnnounceCampaign, CancelCampaign, CloseCampaign, EnterParticipants
from reporting.usecases.honours import GiveHonour, WithdrawHonour
from reporting.usecases.plans import MakePlan, RevisePlan
from reporting.usecases.practices import PublishPractice, WithdrawPractice

STAFF = frozenset({Role.PROVINCE, Role.DIVISION})
READERS = STAFF | {Role.TRAINING_CENTRE, Role.AUDITOR, Role.OPS}


class GovernmentRoutes:
    """Plans, campaigns, honours and good practices."""

    db = Database()
    clock: Clock = ClockProvider()

    @http(
        "POST",
        "/rollout-plans",
        body=schemas.NewPlan,
        returns=schemas.Plan,
        roles=STAFF,
        status=201,
        problems=(PlanThere,),
        summary="Make a division's roll-out plan for a year (R50)",
    )
    def make_plan(self, request: Request[MakePlan]) -> Response:
        with self.db.begin() as session:
            return request.reply(session, plans.make_plan(session, request.caller, request.body, self.clock))

    @http(
        "PUT",
        "/rollout-plans/<plan_id>",
        body=schemas.PlanRevision,
        returns=schemas.Plan,
        versioned=True,
        roles=STAFF,
        summary="State a roll-out plan anew, with what has been done; needs If-Match",
    )
    def revise_plan(self, request: Request[RevisePlan], plan_id: str) -> Response:
        version = request.if_match
        with self.db.begin() as session:
            plan = plans.revise_plan(session, request.caller, plan_id, version, request.body, self.clock)
            return request.reply(session, plan)

    @http(
        "GET",
        "/rollout-plans",
        query=schemas.PlanQuery,
        returns=schemas.Plan,
        roles=READERS,
        paged=True,
        summary="Roll-out plans of the province and of the caller's division",
    )
    def list_plans(self, request: Request[None, PlanFilters]) -> Page:
        with self.db.begin() as session:
            return queries.plans(session, request.caller, request.query, self.clock.today(), request.page)

    @http(
        "POST",
        "/campaigns",
        body=schemas.NewCampaign,
        returns=schemas.Campaign,
        roles=STAFF,
        status=201,
        summary="Announce a campaign (R51, R54)",
    )
    def announce_campaign(self, request: Request[AnnounceCampaign]) -> Response:
        with self.db.begin() as session:
            return request.reply(session, campaigns.announce(session, request.caller, request.body, self.clock))

    @http(
        "GET",
        "/campaigns",
        query=schemas.CampaignQuery,
        returns=schemas.Campaign,
        roles=ANYONE,
        paged=True,
        summary="Campaigns, the newest first",
    )
    def list_campaigns(self, request: Request[None, CampaignFilters]) -> Page:
        with self.db.begin() as session:
            return queries.campaigns(session, request.query, request.page)

    @http(
        "POST",
        "/campaigns/<campaign_id>/participants",
        body=schemas.NewParticipants,
        returns=schemas.Participants,
        roles=STAFF,
        problems=(CampaignOver, NotACqo),
        summary="Enter which CQOs take part; all or none",
    )
    def enter_participants(self, request: Request[EnterParticipants], campaign_id: str) -> Response:
        with self.db.begin() as session:
            found: Sequence[Participant] = campaigns.enter_participants(
                session, request.caller, campaign_id, request.body, self.clock
            )
            return request.reply(session, {"items": found})

    @http(
        "GET",
        "/campaigns/<campaign_id>/participants",
        returns=schemas.Participant,
        roles=READERS,
        paged=True,
        summary="Who takes part in a campaign, and what came of it",
    )
    def list_participants(self, request: Request[None], campaign_id: str) -> Page:
        with self.db.begin() as session:
            return queries.participants(session, request.caller, campaign_id, self.clock.today(), request.page)

    @http(
        "POST",
        "/campaigns/<campaign_id>/close",
        body=schemas.Closing,
        returns=schemas.Campaign,
        roles=STAFF,
        problems=(CampaignOver, NotYetBegun),
        summary="Close a campaign with its results",
    )
    def close_campaign(self, request: Request[CloseCampaign], campaign_id: str) -> Response:
        with self.db.begin() as session:
            closed = campaigns.close(session, request.caller, campaign_id, request.body, self.clock)
            return request.reply(session, closed)

    @http(
        "POST",
        "/campaigns/<campaign_id>/cancel",
        body=schemas.Cancelling,
        returns=schemas.Campaign,
        roles=STAFF,
        problems=(CampaignOver,),
        summary="Cancel a campaign",
    )
    def cancel_campaign(self, request: Request[CancelCampaign], campaign_id: str) -> Response:
        with self.db.begin() as session:
            cancelled = campaigns.cancel(session, request.caller, campaign_id, request.body, self.clock)
            return request.reply(session, cancelled)

    @http(
        "POST",
        "/honours",
        body=schemas.NewHonour,
        returns=schemas.Honour,
        roles=STAFF,
        status=201,
        problems=(NotACqo,),
        summary="Commend a CQO, or name an industry's benchmark (R19, R52)",
    )
    def give_honour(self, request: Request[GiveHonour]) -> Response:
        with self.db.begin() as session:
            return request.reply(session, honours.give(session, request.caller, request.body, self.clock))

    @http(
        "GET",
        "/honours",
        query=schemas.HonourQuery,
        returns=schemas.Honour,
        roles=ANYONE,
        paged=True,
        summary="The honours that hold on a day",
    )
    def list_honours(self, request: Request[None, HonourFilters]) -> Page:
        with self.db.begin() as session:
            return queries.honours(session, request.query, self.clock.today(), request.page)

    @http(
        "POST",
        "/honours/<honour_id>/withdraw",
        body=schemas.HonourWithdrawal,
        returns=schemas.Honour,
        roles=STAFF,
        problems=(AlreadyWithdrawn,),
        summary="Withdraw an honour, by a document",
    )
    def withdraw_honour(self, request: Request[WithdrawHonour], honour_id: str) -> Response:
        with self.db.begin() as session:
            withdrawn = honours.withdraw(session, request.caller, honour_id, request.body, self.clock)
            return request.reply(session, withdrawn)

    @http(
        "POST",
        "/practices",
        body=schemas.NewPractice,
        returns=schemas.Practice,
        roles=STAFF,
        status=201,
        summary="Publish a good practice (R53)",
    )
    def publish_practice(self, request: Request[PublishPractice]) -> Response:
        with self.db.begin() as session:
            return request.reply(session, practices.publish(session, request.caller, request.body, self.clock))

    @http(
        "GET",
        "/practices",
        query=schemas.PracticeQuery,
        returns=schemas.Practice,
        roles=ANYONE,
        paged=True,
        summary="The library of good practice, the newest first",
    )
    def list_practices(self, request: Request[None, PracticeFilters]) -> Page:
        with self.db.begin() as session:
            return queries.practices(session, request.query, request.page)

    @http(
        "POST",
        "/practices/<practice_id>/withdraw",
        body=schemas.PracticeWithdrawal,
        returns=schemas.Practice,
        roles=STAFF,
        problems=(PracticeGone,),
        summary="Take a practice out of the library",
    )
    def withdraw_practice(self, request: Request[WithdrawPractice], practice_id: str) -> Response:
        with self.db.begin() as session:
            withdrawn = practices.withdraw(session, request.caller, practice_id, request.body, self.clock)
            return request.reply(session, withdrawn)
