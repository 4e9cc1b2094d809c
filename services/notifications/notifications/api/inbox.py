"""Routes of a recipient's own notices."""

from __future__ import annotations

from chassis.http import Page, Response, http
from notifications import schemas
from notifications.api.base import RECIPIENTS, Routes
from notifications.queries import inbox
from notifications.queries.filters import InboxFilters
from notifications.queries.inbox import InboxItem
from notifications.usecases import mark_read
from programme.http import Request


class InboxRoutes(Routes):
    """The notices to the caller."""

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
