"""Routes of what was sent to whom, and of the proof of it."""

from __future__ import annotations

from chassis.http import Page, Response, http
from notifications import schemas, views
from notifications.api.base import COUNTERS, READERS, Routes
from notifications.domain.notice import AlreadyDelivered
from notifications.queries import notices
from notifications.queries.filters import NoticeFilters, ProofFilters, SummaryFilters
from notifications.queries.notices import Summary
from notifications.queries.proof import Proof, proof
from notifications.usecases import retry_delivery
from programme.callers import Role
from programme.http import Request


class NoticeRoutes(Routes):
    """Notices with their deliveries."""

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
