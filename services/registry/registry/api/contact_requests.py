"""Routes of requests to be put in contact with a member of the pool."""

from __future__ import annotations

from chassis.http import Page, Response, http
from programme.callers import Role
from programme.http import Request
from registry.api.base import PEOPLE_READERS, STAFF, Routes
from registry.domain.contact_request import (
    AskedAlready,
    NoContactPoint,
    NoLongerOpen,
    NotAgreedTo,
    TooManyOpen,
    YourOwnPerson,
)
from registry.queries import contact_request as queries
from registry.queries.contact_request import ContactRequestFilters
from registry.schemas import contact_requests as schemas
from registry.usecases import contact_requests
from registry.usecases.contact_requests import AnswerContactRequest, AskForContact, DisclosedContact


class ContactRequestRoutes(Routes):
    """An enterprise asks for somebody in the pool; their own yes discloses how they are reached (R23)."""

    @http(
        "POST",
        "/pool/<person_id>/contact-requests",
        body=schemas.NewContactRequest,
        returns=schemas.ContactRequest,
        status=201,
        roles=(Role.ENTERPRISE,),
        problems=(AskedAlready, TooManyOpen, YourOwnPerson),
        summary="Ask to be put in contact with a member of the pool (R23)",
    )
    def ask_for_contact(self, request: Request[AskForContact], person_id: str) -> Response:
        with self.db.begin() as session:
            asked = contact_requests.ask(session, request.caller, person_id, request.body, self.clock)
            return request.reply(session, asked)

    @http(
        "GET",
        "/contact-requests",
        query=schemas.ContactRequestFilters,
        returns=schemas.ListedContactRequest,
        roles=PEOPLE_READERS,
        paged=True,
        summary="Requests to be put in contact: one's own, and those for oneself or one's people",
    )
    def list_contact_requests(self, request: Request[None, ContactRequestFilters]) -> Page:
        with self.db.begin() as session:
            return queries.contact_requests(session, request.caller, request.query, self.clock.today(), request.page)

    @http(
        "POST",
        "/contact-requests/<contact_request_id>/answer",
        body=schemas.ContactAnswer,
        returns=schemas.ContactRequest,
        roles=(*STAFF, Role.CQO),
        problems=(NoLongerOpen, NoContactPoint),
        summary="Say yes or no, or no after a yes; the bureau enters a written answer",
    )
    def answer_contact_request(self, request: Request[AnswerContactRequest], contact_request_id: str) -> Response:
        with self.db.begin() as session:
            answered = contact_requests.answer(session, request.caller, contact_request_id, request.body, self.clock)
            return request.reply(session, answered)

    @http(
        "POST",
        "/contact-requests/<contact_request_id>/disclosure",
        returns=schemas.DisclosedContact,
        roles=(Role.ENTERPRISE,),
        confidential=True,
        problems=(NotAgreedTo,),
        summary="The name and contact points of who said yes, in clear and on record",
    )
    def disclose_contact(self, request: Request[None], contact_request_id: str) -> DisclosedContact:
        with self.db.begin() as session:
            return contact_requests.disclose(session, request.caller, contact_request_id, self.cipher, self.clock)
