"""Routes of enterprises."""

from __future__ import annotations

from chassis.http import ANYONE, Page, Response, http
from programme.http import Request
from registry import queries, schemas, views
from registry.adapters import enterprise_list, upload
from registry.api.base import APPLICANTS, FILES, STAFF, Routes
from registry.domain.contact import ContactPoints
from registry.domain.enterprise import NotIndustrial
from registry.queries import EnterpriseFilters
from registry.usecases import contacts, enterprises
from registry.usecases.deregister import Deregister, deregister
from registry.usecases.enterprises import AlreadyRegistered, EnterpriseChanges, RegisterEnterprise
from registry.usecases.import_enterprises import import_enterprises
from registry.usecases.recognise import Recognise, recognise
from registry.views import View


class EnterpriseRoutes(Routes):
    """The register of enterprises."""

    @http(
        "POST",
        "/enterprises",
        body=schemas.NewEnterprise,
        returns=schemas.Enterprise,
        status=201,
        roles=STAFF,
        problems=(AlreadyRegistered, NotIndustrial),
        summary="Register an enterprise",
    )
    def register_enterprise(self, request: Request[RegisterEnterprise]) -> Response:
        with self.db.begin() as session:
            enterprise = enterprises.register(session, request.caller, request.body, self.cipher, self.clock)
            return request.reply(session, views.registered_enterprise_view(enterprise, request.body))

    @http(
        "GET",
        "/enterprises",
        query=schemas.EnterpriseFilters,
        returns=schemas.Enterprise,
        roles=ANYONE,
        paged=True,
        summary="Enterprises in a division, by population, industry or name",
    )
    def list_enterprises(self, request: Request[None, EnterpriseFilters]) -> Page:
        found = queries.enterprises(self.db, request.caller, request.query, self.clock.today(), request.page)
        return Page([views.enterprise_view(row, self.cipher) for row in found.items], found.next_cursor)

    @http("GET", "/enterprises/<enterprise_id>", returns=schemas.Enterprise, roles=ANYONE, summary="An enterprise")
    def get_enterprise(self, request: Request[None], enterprise_id: str) -> View:
        row = queries.enterprise_by_id(self.db, request.caller, enterprise_id, self.clock.today())
        return views.enterprise_view(row, self.cipher)

    @http(
        "GET",
        "/enterprises/<enterprise_id>/leaders",
        returns=schemas.Leaders,
        roles=ANYONE,
        summary="Who has led an enterprise, and from when to when (R7)",
    )
    def get_leaders(self, request: Request[None], enterprise_id: str) -> View:
        with self.db.begin() as session:
            return {"items": queries.leaders(session, request.caller, enterprise_id, self.clock.today())}

    @http(
        "PATCH",
        "/enterprises/<enterprise_id>",
        body=schemas.EnterpriseChanges,
        returns=schemas.Enterprise,
        versioned=True,
        roles=STAFF,
        problems=(NotIndustrial,),
        summary="Change an enterprise; needs If-Match",
    )
    def change_enterprise(self, request: Request[EnterpriseChanges], enterprise_id: str) -> Response:
        with self.db.begin() as session:
            changed = enterprises.change(
                session, request.caller, enterprise_id, request.if_match, request.body, self.clock
            )
            return request.reply(session, views.changed_enterprise_view(session, changed, self.cipher))

    @http(
        "POST",
        "/enterprises/<enterprise_id>/recognitions",
        body=schemas.NewRecognition,
        returns=schemas.Recognition,
        status=201,
        roles=STAFF,
        summary="Enter what an enterprise is recognised as in a year (R12–R14, R18, R21)",
    )
    def recognise_enterprise(self, request: Request[Recognise], enterprise_id: str) -> Response:
        with self.db.begin() as session:
            entry = recognise(session, request.caller, enterprise_id, request.body, self.clock)
            return request.reply(session, entry)

    @http(
        "GET",
        "/enterprises/<enterprise_id>/recognitions",
        returns=schemas.Recognitions,
        roles=ANYONE,
        summary="What an enterprise was recognised as, year by year",
    )
    def get_recognitions(self, request: Request[None], enterprise_id: str) -> View:
        with self.db.begin() as session:
            return {"items": queries.recognitions(session, request.caller, enterprise_id, self.clock.today())}

    @http(
        "POST",
        "/enterprises/<enterprise_id>/deregistration",
        body=schemas.Deregistration,
        returns=schemas.Enterprise,
        roles=STAFF,
        summary="Deregister an enterprise, merged into another or not; its appointments end",
    )
    def deregister_enterprise(self, request: Request[Deregister], enterprise_id: str) -> Response:
        with self.db.begin() as session:
            ended = deregister(session, request.caller, enterprise_id, request.body, self.clock)
            return request.reply(session, views.changed_enterprise_view(session, ended, self.cipher))

    @http(
        "PUT",
        "/enterprises/<enterprise_id>/contact",
        body=schemas.NewContact,
        returns=schemas.Contact,
        roles=APPLICANTS,
        summary="Where notices to an enterprise go",
    )
    def put_enterprise_contact(self, request: Request[ContactPoints], enterprise_id: str) -> Response:
        with self.db.begin() as session:
            contact = contacts.put_for_enterprise(
                session, request.caller, enterprise_id, request.body, self.cipher, self.clock
            )
            return request.reply(session, views.contact_view(contact, self.cipher))

    @http(
        "POST",
        "/enterprises/import",
        returns=schemas.Import,
        roles=STAFF,
        file=FILES,
        summary="Import up to 20,000 enterprises from .xlsx or .csv, and wait for it",
    )
    def import_enterprises(self, request: Request) -> Response:
        sheet = upload.read(request.file, enterprise_list.LIST)
        with self.db.begin() as session:
            report = import_enterprises(session, request.caller, sheet, self.cipher, self.clock)
            return request.reply(session, views.import_view(report, request.language))
