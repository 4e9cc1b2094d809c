"""Routes of divisions."""

from __future__ import annotations

from chassis.http import ANYONE, Page, Response, http
from programme.callers import Role
from programme.http import Request
from registry import queries, schemas, views
from registry.api.base import STAFF, Routes
from registry.domain.contact import ContactPoints
from registry.domain.division_changes import (
    ChangeOutOfOrder,
    DivisionChange,
    DivisionEnded,
    HasDivisionsBelow,
    TheProvinceStays,
)
from registry.domain.divisions import Placement
from registry.queries.division import DivisionWithPlacements
from registry.schemas import Day
from registry.usecases import contacts, division_changes
from registry.usecases.division_changes import TooFarAhead

REFUSALS = (DivisionEnded, ChangeOutOfOrder, HasDivisionsBelow, TheProvinceStays, TooFarAhead)


class DivisionRoutes(Routes):
    """The dated tree of divisions, and how their staff are reached."""

    @http(
        "GET", "/divisions", query=schemas.OnDay, returns=schemas.Divisions, roles=ANYONE, summary="The tree on a day"
    )
    def list_divisions(self, request: Request[None, Day]) -> dict[str, list[Placement]]:
        with self.db.begin() as session:
            return {"items": queries.divisions(session, request.query.on or self.clock.today())}

    @http(
        "POST",
        "/divisions/changes",
        body=schemas.NewDivisionChange,
        returns=schemas.DivisionChanged,
        status=201,
        roles=(Role.PROVINCE,),
        problems=REFUSALS,
        summary="Enter a change of the tree: a division is moved, renamed, merged or split, from a day on",
    )
    def change_division(self, request: Request[DivisionChange]) -> Response:
        with self.db.begin() as session:
            entered = division_changes.change(session, request.caller, request.body, self.clock)
            return request.reply(session, entered)

    @http(
        "GET",
        "/divisions/changes",
        returns=schemas.DivisionChanged,
        roles=ANYONE,
        paged=True,
        summary="The changes of the tree, the last entered first",
    )
    def list_division_changes(self, request: Request[None]) -> Page:
        with self.db.begin() as session:
            return queries.division_changes(session, request.page)

    @http("GET", "/divisions/<code>", returns=schemas.Division, roles=ANYONE, summary="A division and its placements")
    def get_division(self, request: Request[None], code: str) -> DivisionWithPlacements:
        with self.db.begin() as session:
            return queries.division_with_placements(session, code)

    @http(
        "PUT",
        "/divisions/<code>/contact",
        body=schemas.NewContact,
        returns=schemas.Contact,
        roles=STAFF,
        summary="Where notices to a division's staff go",
    )
    def put_division_contact(self, request: Request[ContactPoints], code: str) -> Response:
        with self.db.begin() as session:
            contact = contacts.put_for_division(session, request.caller, code, request.body, self.cipher, self.clock)
            return request.reply(session, views.contact_view(contact, self.cipher))
