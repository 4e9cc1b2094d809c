"""Routes by which a subscriber looks after its deliveries by webhook."""

from __future__ import annotations

from collections.abc import Mapping

from chassis.errors import NotFound
from chassis.http import Page, Response, http
from notifications import schemas
from notifications.api.base import Routes
from notifications.api.subscriptions import PARTIES, WATCHERS
from notifications.queries import webhooks as queries
from notifications.queries.subscriptions import EventsGone, SequenceUnknown
from notifications.queries.webhooks import DeliveryInFull, KeyView, LogFilters, Statistics
from notifications.usecases.webhooks import self_service
from notifications.usecases.webhooks.errands import Kind
from notifications.usecases.webhooks.self_service import (
    BehindAnother,
    ClientCertificate,
    DoesNotWait,
    Key,
    NewKey,
    NoKey,
    NotByWebhook,
    NotYetTried,
    Recover,
    Skip,
    TooManyKeys,
)
from programme.callers import Role
from programme.http import Request

OF = "/subscriptions/<subscription_id>"


class WebhookRoutes(Routes):
    """Keys, handshake and test, the log, and what can be done about what was not delivered."""

    @http(
        "POST",
        f"{OF}/keys",
        body=schemas.NewKey,
        returns=schemas.WebhookKey,
        status=201,
        roles=PARTIES,
        problems=(NotByWebhook, TooManyKeys),
        summary="Make a key to sign with; the ones it replaces sign beside it for a while",
    )
    def make_webhook_key(self, request: Request[NewKey], subscription_id: str) -> Response:
        with self.db.begin() as session:
            arguments = (request.caller, subscription_id, request.body, self.personal_data, self.clock)
            return request.reply(session, self_service.make_key(session, *arguments))

    @http("GET", f"{OF}/keys", returns=schemas.WebhookKeys, roles=WATCHERS, summary="The keys that are in force")
    def list_webhook_keys(self, request: Request[None], subscription_id: str) -> dict[str, list[KeyView]]:
        with self.db.begin() as session:
            return {"items": queries.keys(session, request.caller, subscription_id, self.clock.now())}

    @http(
        "GET",
        f"{OF}/keys/<key_id>",
        returns=schemas.WebhookKeyInFull,
        roles=(Role.SYSTEM,),
        problems=(NotByWebhook,),
        summary="What verifies: the shared key, or the public one; each look is audited",
    )
    def get_webhook_key(self, request: Request[None], subscription_id: str, key_id: str) -> Key:
        with self.db.begin() as session:
            arguments = (request.caller, subscription_id, key_id, self.personal_data, self.clock)
            return self_service.reveal_key(session, *arguments)

    @http(
        "PUT",
        f"{OF}/client-certificate",
        body=schemas.ClientCertificate,
        status=204,
        roles=PARTIES,
        problems=(NotByWebhook,),
        summary="The certificate that is shown to the end point, where that asks for one",
    )
    def set_client_certificate(self, request: Request[ClientCertificate], subscription_id: str) -> Response:
        with self.db.begin() as session:
            arguments = (request.caller, subscription_id, request.body, self.personal_data, self.clock)
            self_service.set_certificate(session, *arguments)
            return request.reply(session)

    @http(
        "POST",
        f"{OF}/handshake",
        returns=schemas.Asked,
        status=202,
        roles=PARTIES,
        problems=(NotByWebhook, NoKey),
        summary="Have the end point prove itself: it must echo a challenge",
    )
    def ask_for_handshake(self, request: Request[None], subscription_id: str) -> Response:
        return self._ask(request, subscription_id, Kind.HANDSHAKE)

    @http(
        "POST",
        f"{OF}/test",
        returns=schemas.Asked,
        status=202,
        roles=PARTIES,
        problems=(NotByWebhook, NoKey),
        summary="Send a test event",
    )
    def ask_for_test(self, request: Request[None], subscription_id: str) -> Response:
        return self._ask(request, subscription_id, Kind.TEST)

    def _ask(self, request: Request[None], subscription_id: str, kind: Kind) -> Response:
        with self.db.begin() as session:
            asked = self_service.ask(session, request.caller, subscription_id, kind, self.clock)
            return request.reply(session, {"id": asked})

    @http(
        "GET",
        f"{OF}/errands/<errand_id>",
        returns=schemas.Errand,
        roles=WATCHERS,
        summary="What came of a handshake or a test event",
    )
    def get_errand(self, request: Request[None], subscription_id: str, errand_id: str) -> Mapping[str, object]:
        with self.db.begin() as session:
            return queries.errand(session, request.caller, subscription_id, errand_id)

    @http(
        "GET",
        f"{OF}/deliveries",
        query=schemas.LogFilters,
        returns=schemas.WebhookAttempt,
        roles=WATCHERS,
        paged=True,
        summary="The attempts to deliver, the newest first",
    )
    def list_webhook_attempts(self, request: Request[None, LogFilters], subscription_id: str) -> Page:
        with self.db.begin() as session:
            return queries.attempts(session, request.caller, subscription_id, request.query, request.page)

    @http(
        "GET",
        f"{OF}/deliveries/<sequence>",
        returns=schemas.WebhookDelivery,
        roles=(Role.SYSTEM,),
        summary="An event on its way: the request, its attempts, and the next one",
    )
    def get_webhook_delivery(self, request: Request[None], subscription_id: str, sequence: str) -> DeliveryInFull:
        with self.db.begin() as session:
            return queries.delivery(session, request.caller, subscription_id, _number(sequence))

    @http(
        "POST",
        f"{OF}/deliveries/<sequence>/resend",
        status=204,
        roles=PARTIES,
        problems=(NotByWebhook, NotYetTried, BehindAnother, EventsGone, SequenceUnknown),
        summary="Send an event now, whether it failed or was delivered",
    )
    def resend_event(self, request: Request[None], subscription_id: str, sequence: str) -> Response:
        with self.db.begin() as session:
            self_service.resend(session, request.caller, subscription_id, _number(sequence), self.clock)
            return request.reply(session)

    @http(
        "POST",
        f"{OF}/deliveries/<sequence>/skip",
        body=schemas.Skip,
        status=204,
        roles=PARTIES,
        problems=(NotByWebhook, DoesNotWait, BehindAnother),
        summary="Go on without an event that the end point does not take",
    )
    def skip_event(self, request: Request[Skip], subscription_id: str, sequence: str) -> Response:
        with self.db.begin() as session:
            self_service.skip(session, request.caller, subscription_id, _number(sequence), request.body, self.clock)
            return request.reply(session)

    @http(
        "POST",
        f"{OF}/recovery",
        body=schemas.Recovery,
        returns=schemas.RecoveredFrom,
        roles=PARTIES,
        problems=(NotByWebhook, EventsGone, SequenceUnknown),
        summary="Deliver again all from a sequence or a moment on",
    )
    def recover_deliveries(self, request: Request[Recover], subscription_id: str) -> Response:
        with self.db.begin() as session:
            first = self_service.recover(session, request.caller, subscription_id, request.body, self.clock)
            return request.reply(session, {"sequence": first})

    @http(
        "GET",
        f"{OF}/delivery-statistics",
        returns=schemas.WebhookStatistics,
        roles=(*WATCHERS, Role.OPS),
        summary="How far the deliveries are behind, and how they went in the last days",
    )
    def get_delivery_statistics(self, request: Request[None], subscription_id: str) -> Statistics:
        with self.db.begin() as session:
            return queries.statistics(session, request.caller, subscription_id, self.clock.now())


def _number(text: str) -> int:
    """The sequence that a path names; NotFound where it names none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise NotFound()
    return int(text)
