"""The HTTP API of notifications: a table of contents. Each entrypoint opens the transaction and hands over."""

from __future__ import annotations

from datetime import date
from typing import Any

from chassis.clock import Clock
from chassis.data import ClockProvider, Database
from chassis.http import AuditRoutes, HttpService, Page, PageArguments, http
from chassis.messaging import FeedRoutes, OpsRoutes
from chassis.process import HealthRoutes
from notifications import schemas
from notifications.domain.notice import AlreadyDelivered
from notifications.providers import PersonalDataProvider
from notifications.queries import notices
from notifications.queries.proof import proof
from notifications.usecases import deliveries, reading
from programme.http import Request
from programme.ruleset_routes import RuleSetRoutes

RECIPIENTS = ("cqo", "enterprise", "division", "province")
# Texts hold names: operators and other systems get counts, not texts.
READERS = ("province", "division", "auditor")
COUNTERS = (*READERS, "ops", "system")


class Api(HttpService, HealthRoutes, FeedRoutes, OpsRoutes, AuditRoutes, RuleSetRoutes):
    """Inboxes, notices with their deliveries, and the proof that everybody was told."""

    name = "notifications-api"
    title = "Notices of the Chief Quality Officer programme"
    db = Database()
    clock: Clock = ClockProvider()
    personal_data = PersonalDataProvider()
    ruleset_schema = schemas.RuleSetParameters

    # A recipient's own

    @http(
        "GET",
        "/inbox",
        query=schemas.InboxFilters,
        returns=schemas.InboxItem,
        roles=RECIPIENTS,
        paged=True,
        summary="The caller's own notices; for staff, those to its division and the ones below",
    )
    def list_inbox(self, request: Request) -> Page:
        with self.db.begin() as session:
            return notices.inbox(session, request.caller, request.query, *self._page_arguments(request))

    @http("GET", "/inbox/<notice_id>", returns=schemas.InboxItem, roles=RECIPIENTS, summary="One notice in it")
    def get_inbox_item(self, request: Request, notice_id: str) -> Any:
        with self.db.begin() as session:
            return notices.inbox_item(session, request.caller, notice_id, self.clock.today())

    @http(
        "POST",
        "/inbox/<notice_id>/read",
        returns=schemas.InboxItem,
        roles=RECIPIENTS,
        summary="Mark a notice as read; each office marks for itself",
    )
    def mark_read(self, request: Request, notice_id: str) -> Any:
        with self.db.begin() as session:
            reading.mark_read(session, request.caller, notice_id, self.clock)
            item = notices.inbox_item(session, request.caller, notice_id, self.clock.today())
            return request.reply(session, item)

    # What was sent to whom, and the proof of it

    @http(
        "GET",
        "/notices",
        query=schemas.NoticeFilters,
        returns=schemas.Notice,
        roles=READERS,
        paged=True,
        summary="Notices with their deliveries, the newest first",
    )
    def list_notices(self, request: Request) -> Page:
        with self.db.begin() as session:
            return notices.notices(
                session, request.caller, request.query, *self._page_arguments(request), self.personal_data
            )

    @http(
        "GET",
        "/notices/<notice_id>",
        returns=schemas.NoticeInFull,
        roles=READERS,
        summary="A notice in full: text, deliveries with the mail server's answers, cause, readers",
    )
    def get_notice(self, request: Request, notice_id: str) -> Any:
        with self.db.begin() as session:
            return notices.one(session, request.caller, notice_id, self.clock.today(), self.personal_data)

    @http(
        "GET",
        "/notices/summary",
        query=schemas.SummaryFilters,
        returns=schemas.Summary,
        roles=COUNTERS,
        summary="Deliveries by kind, channel and state",
    )
    def summarise_notices(self, request: Request) -> Any:
        with self.db.begin() as session:
            return notices.summary(session, request.caller, request.query, self.clock.today())

    @http(
        "GET",
        "/notices/proof",
        query=schemas.ProofFilters,
        returns=schemas.Proof,
        roles=COUNTERS,
        summary="What the events received ask for, beside what was delivered",
    )
    def prove_notices(self, request: Request) -> Any:
        with self.db.begin() as session:
            return proof(session, request.caller, request.query, self.clock.today())

    @http(
        "POST",
        "/deliveries/<delivery_id>/retry",
        returns=schemas.Delivery,
        roles=("ops", "province", "division"),
        problems=(AlreadyDelivered,),
        summary="Try a failed delivery again",
    )
    def retry_delivery(self, request: Request, delivery_id: str) -> Any:
        with self.db.begin() as session:
            delivery = deliveries.retry(session, request.caller, delivery_id, self.clock)
            session.flush()
            return request.reply(session, notices.delivery_view(delivery, self.personal_data))

    def _page_arguments(self, request: Request) -> tuple[date, PageArguments]:
        return self.clock.today(), request.page
