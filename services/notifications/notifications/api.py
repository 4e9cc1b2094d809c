"""The HTTP API of notifications: a table of contents. Each entrypoint opens the transaction and hands over."""

from __future__ import annotations

from chassis.clock import Clock
from chassis.data import ClockProvider, Database
from chassis.http import AuditRoutes, HttpService, Page, Response, http
from chassis.messaging import FeedRoutes, OpsRoutes
from chassis.process import HealthRoutes
from notifications import schemas, views
from notifications.domain.notice import AlreadyDelivered
from notifications.providers import PersonalDataProvider
from notifications.queries import inbox, notices
from notifications.queries.filters import InboxFilters, NoticeFilters, ProofFilters, SummaryFilters
from notifications.queries.inbox import InboxItem
from notifications.queries.notices import Summary
from notifications.queries.proof import Proof, proof
from notifications.usecases import mark_read, retry_delivery
from programme.callers import Role
from programme.http import Request
from programme.ruleset_routes import RuleSetRoutes

RECIPIENTS = (Role.CQO, Role.ENTERPRISE, Role.DIVISION, Role.PROVINCE)
# Texts hold names: operators and other systems get counts, not texts.
READERS = (Role.PROVINCE, Role.DIVISION, Role.AUDITOR)
COUNTERS = (*READERS, Role.OPS, Role.SYSTEM)


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
    def list_inbox(self, request: Request[None, InboxFilters]) -> Page:
        with self.db.begin() as session:
            return inbox.inbox(session, request.caller, request.query, self.clock.today(), request.page)

    @http("GET", "/inbox/<notice_id>", returns=schemas.InboxItem, roles=RECIPIENTS, summary="One notice in it")
    def get_inbox_item(self, request: Request[None, None], notice_id: str) -> InboxItem:
        with self.db.begin() as session:
            return inbox.inbox_item(session, request.caller, notice_id, self.clock.today())

    @http(
        "POST",
        "/inbox/<notice_id>/read",
        returns=schemas.InboxItem,
        roles=RECIPIENTS,
        summary="Mark a notice as read; each office marks for itself",
    )
    def mark_read(self, request: Request[None, None], notice_id: str) -> Response:
        with self.db.begin() as session:
            mark_read.mark_read(session, request.caller, notice_id, self.clock)
            item = inbox.inbox_item(session, request.caller, notice_id, self.clock.today())
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
    def list_notices(self, request: Request[None, NoticeFilters]) -> Page:
        with self.db.begin() as session:
            page = notices.notices(session, request.caller, request.query, self.clock.today(), request.page)
            return views.notice_page(page, self.personal_data)

    @http(
        "GET",
        "/notices/<notice_id>",
        returns=schemas.NoticeInFull,
        roles=READERS,
        summary="A notice in full: text, deliveries with the mail server's answers, cause, readers",
    )
    def get_notice(self, request: Request[None, None], notice_id: str) -> views.NoticeInFullView:
        with self.db.begin() as session:
            found = notices.in_full(session, request.caller, notice_id, self.clock.today())
            return views.notice_in_full(found, self.personal_data)

    @http(
        "GET",
        "/notices/summary",
        query=schemas.SummaryFilters,
        returns=schemas.Summary,
        roles=COUNTERS,
        summary="Deliveries by kind, channel and state",
    )
    def summarise_notices(self, request: Request[None, SummaryFilters]) -> Summary:
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
    def prove_notices(self, request: Request[None, ProofFilters]) -> Proof:
        with self.db.begin_reading_as_of_now() as session:
            return proof(session, request.caller, request.query, self.clock.today())

    @http(
        "POST",
        "/deliveries/<delivery_id>/retry",
        returns=schemas.Delivery,
        roles=(Role.OPS, Role.PROVINCE, Role.DIVISION),
        problems=(AlreadyDelivered,),
        summary="Try a failed delivery again",
    )
    def retry_delivery(self, request: Request[None, None], delivery_id: str) -> Response:
        with self.db.begin() as session:
            delivery = retry_delivery.retry_delivery(session, request.caller, delivery_id, self.clock)
            return request.reply(session, views.delivery_view(delivery, self.personal_data))
