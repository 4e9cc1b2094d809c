"""Routes by which other systems subscribe, and the province decides."""

from __future__ import annotations

from chassis.http import Page, Response, http
from notifications import schemas, views
from notifications.api.base import Routes
from notifications.domain.subscription import EndsInThePast, NothingToDecide, NotInThisState, PausedByTheProvince
from notifications.queries import subscriptions as queries
from notifications.queries.subscriptions import SubscriptionFilters
from notifications.usecases import subscriptions
from notifications.usecases.subscriptions import EnterSubscription, Reason, SubscriptionChanges
from programme.callers import Role
from programme.http import Request

PARTIES = (Role.PROVINCE, Role.SYSTEM)
WATCHERS = (*PARTIES, Role.AUDITOR)


class SubscriptionRoutes(Routes):
    """Subscriptions, from the draft to the end."""

    @http(
        "POST",
        "/subscriptions",
        body=schemas.NewSubscription,
        returns=schemas.Subscription,
        status=201,
        roles=PARTIES,
        summary="Draft a subscription",
    )
    def enter_subscription(self, request: Request[EnterSubscription]) -> Response:
        with self.db.begin() as session:
            entered = subscriptions.enter(session, request.caller, request.body, self.personal_data, self.clock)
            return request.reply(session, views.subscription_view(entered, self.personal_data))

    @http(
        "GET",
        "/subscriptions",
        query=schemas.SubscriptionFilters,
        returns=schemas.Subscription,
        roles=WATCHERS,
        paged=True,
        summary="Subscriptions; a system sees its own",
    )
    def list_subscriptions(self, request: Request[None, SubscriptionFilters]) -> Page:
        with self.db.begin() as session:
            page = queries.subscriptions(session, request.caller, request.query, request.page)
            return views.subscription_page(page, self.personal_data)

    @http(
        "GET",
        "/subscriptions/<subscription_id>",
        returns=schemas.Subscription,
        roles=WATCHERS,
        summary="A subscription",
    )
    def get_subscription(self, request: Request[None], subscription_id: str) -> views.SubscriptionView:
        with self.db.begin() as session:
            found = queries.subscription_by_id(session, request.caller, subscription_id)
            return views.subscription_view(found, self.personal_data)

    @http(
        "PATCH",
        "/subscriptions/<subscription_id>",
        body=schemas.SubscriptionChanges,
        returns=schemas.Subscription,
        versioned=True,
        roles=PARTIES,
        problems=(NotInThisState, EndsInThePast),
        summary="Change a subscription: what narrows it at once, what widens it once it is approved; needs If-Match",
    )
    def change_subscription(self, request: Request[SubscriptionChanges], subscription_id: str) -> Response:
        with self.db.begin() as session:
            changed = subscriptions.change(
                session,
                request.caller,
                subscription_id,
                request.if_match,
                request.body,
                self.personal_data,
                self.clock,
            )
            return request.reply(session, views.subscription_view(changed, self.personal_data))

    @http(
        "POST",
        "/subscriptions/<subscription_id>/submission",
        returns=schemas.Subscription,
        roles=PARTIES,
        problems=(NotInThisState,),
        summary="Submit a draft to the province",
    )
    def submit_subscription(self, request: Request[None], subscription_id: str) -> Response:
        with self.db.begin() as session:
            found = subscriptions.submit(session, request.caller, subscription_id, self.clock)
            return request.reply(session, views.subscription_view(found, self.personal_data))

    @http(
        "POST",
        "/subscriptions/<subscription_id>/approval",
        returns=schemas.Subscription,
        versioned=True,
        roles=(Role.PROVINCE,),
        problems=(NothingToDecide, EndsInThePast),
        summary="Approve what was submitted, or a change that waits; needs If-Match",
    )
    def approve_subscription(self, request: Request[None], subscription_id: str) -> Response:
        with self.db.begin() as session:
            found = subscriptions.approve(session, request.caller, subscription_id, request.if_match, self.clock)
            return request.reply(session, views.subscription_view(found, self.personal_data))

    @http(
        "POST",
        "/subscriptions/<subscription_id>/refusal",
        body=schemas.Reason,
        returns=schemas.Subscription,
        roles=(Role.PROVINCE,),
        problems=(NothingToDecide,),
        summary="Refuse what was submitted, or a change that waits",
    )
    def refuse_subscription(self, request: Request[Reason], subscription_id: str) -> Response:
        with self.db.begin() as session:
            found = subscriptions.refuse(session, request.caller, subscription_id, request.body, self.clock)
            return request.reply(session, views.subscription_view(found, self.personal_data))

    @http(
        "POST",
        "/subscriptions/<subscription_id>/pause",
        body=schemas.Reason,
        returns=schemas.Subscription,
        roles=PARTIES,
        problems=(NotInThisState,),
        summary="Pause a subscription; what comes meanwhile is kept",
    )
    def pause_subscription(self, request: Request[Reason], subscription_id: str) -> Response:
        with self.db.begin() as session:
            found = subscriptions.pause(session, request.caller, subscription_id, request.body, self.clock)
            return request.reply(session, views.subscription_view(found, self.personal_data))

    @http(
        "POST",
        "/subscriptions/<subscription_id>/resumption",
        returns=schemas.Subscription,
        roles=PARTIES,
        problems=(NotInThisState, PausedByTheProvince),
        summary="Resume a subscription that was paused, or whose deliveries had failed",
    )
    def resume_subscription(self, request: Request[None], subscription_id: str) -> Response:
        with self.db.begin() as session:
            found = subscriptions.resume(session, request.caller, subscription_id, self.clock)
            return request.reply(session, views.subscription_view(found, self.personal_data))

    @http(
        "POST",
        "/subscriptions/<subscription_id>/ending",
        body=schemas.Reason,
        returns=schemas.Subscription,
        roles=PARTIES,
        problems=(NotInThisState,),
        summary="End a subscription for good",
    )
    def end_subscription(self, request: Request[Reason], subscription_id: str) -> Response:
        with self.db.begin() as session:
            found = subscriptions.end(session, request.caller, subscription_id, request.body, self.clock)
            return request.reply(session, views.subscription_view(found, self.personal_data))
