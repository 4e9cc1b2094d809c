"""Routes of the queue of a subscription that is received by AMQP."""

from __future__ import annotations

from chassis.http import Response, http
from notifications import schemas
from notifications.api.base import Routes
from notifications.api.subscriptions import WATCHERS
from notifications.domain.subscription import NotInThisState
from notifications.providers import SettingsProvider
from notifications.usecases import queues
from notifications.usecases.queues import NoBrokerForSubscribers, NoQueue, Queue
from programme.callers import Role
from programme.http import Request


class QueueRoutes(Routes):
    """Where the subscriber's queue is, and its credentials."""

    settings = SettingsProvider()

    @http(
        "GET",
        "/subscriptions/<subscription_id>/queue",
        returns=schemas.SubscriberQueue,
        roles=(*WATCHERS, Role.OPS),
        problems=(NoQueue, NoBrokerForSubscribers, NotInThisState),
        summary="The queue of a subscription by AMQP, and how far it was filled",
    )
    def get_queue(self, request: Request[None], subscription_id: str) -> Queue:
        with self.db.begin() as session:
            return queues.queue_of(session, request.caller, subscription_id, self.settings)

    @http(
        "POST",
        "/subscriptions/<subscription_id>/queue/credentials",
        returns=schemas.QueueCredentials,
        status=201,
        confidential=True,
        roles=(Role.SYSTEM,),
        problems=(NoQueue, NoBrokerForSubscribers, NotInThisState),
        summary="Make a new password for the queue; the former one and its connections end",
    )
    def make_queue_credentials(self, request: Request[None], subscription_id: str) -> Response:
        with self.db.begin() as session:
            made = queues.make_credentials(session, request.caller, subscription_id, self.settings, self.clock)
            return request.reply(session, made)
