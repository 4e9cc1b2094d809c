"""Routes of what a subscriber is given: its feed, its manifests, how it stands, and what there is to subscribe to."""

from __future__ import annotations

from datetime import date

from chassis.errors import NotFound
from chassis.http import Response, http
from notifications import schemas
from notifications.adapters.catalogue import EventType, catalogue
from notifications.api.base import Routes
from notifications.api.subscriptions import WATCHERS
from notifications.queries import subscriptions as queries
from notifications.queries.subscriptions import EventsGone, FeedArguments, NotLive, SequenceUnknown, Status
from notifications.usecases import fetching, manifests
from notifications.usecases.manifests import Manifest
from programme.callers import Role
from programme.http import Request

BATCH = "application/cloudevents-batch+json"


class SubscriberRoutes(Routes):
    """What a subscriber reads and checks by itself."""

    @http(
        "GET",
        "/subscriptions/<subscription_id>/events",
        query=schemas.SubscriptionFeedQuery,
        produces=BATCH,
        roles=(Role.SYSTEM,),
        problems=(NotLive, EventsGone, SequenceUnknown),
        summary="The events after a sequence: the pull feed, and how any subscriber recovers",
    )
    def get_subscription_events(self, request: Request[None, FeedArguments], subscription_id: str) -> Response:
        with self.db.begin() as session:
            bodies = fetching.fetch(session, request.caller, subscription_id, request.query, self.clock)
        return Response(f"[{','.join(bodies)}]", content_type=BATCH)

    @http(
        "GET",
        "/subscriptions/<subscription_id>/manifests/<day>",
        returns=schemas.Manifest,
        roles=WATCHERS,
        summary="What was given on a day: the count and a hash for each type",
    )
    def get_manifest(self, request: Request[None], subscription_id: str, day: str) -> Manifest:
        with self.db.begin() as session:
            found = queries.subscription_by_id(session, request.caller, subscription_id)
            return manifests.manifest(session, found, _day(day), self.clock)

    @http(
        "GET",
        "/subscriptions/<subscription_id>/status",
        returns=schemas.SubscriptionStatus,
        roles=(*WATCHERS, Role.OPS),
        summary="How far a subscription has come, and how far its subscriber is behind",
    )
    def get_subscription_status(self, request: Request[None], subscription_id: str) -> Status:
        with self.db.begin() as session:
            return queries.status(session, request.caller, subscription_id, self.clock.now())

    @http("GET", "/catalogue", returns=schemas.Catalogue, roles=WATCHERS, summary="What there is to subscribe to")
    def get_catalogue(self, request: Request[None]) -> dict[str, list[EventType]]:
        return {"items": list(catalogue().values())}

    @http(
        "GET",
        "/catalogue/<event_type>",
        returns=schemas.EventType,
        roles=WATCHERS,
        summary="A type of event, with its schema and an example",
    )
    def get_event_type(self, request: Request[None], event_type: str) -> EventType:
        found = catalogue().get(event_type)
        if found is None:
            raise NotFound()
        return found


def _day(text: str) -> date:
    """The day that a path names; NotFound where it names none."""
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise NotFound() from fault
