"""Routes of people."""

from __future__ import annotations

from chassis.http import Page, Response, http
from programme.callers import Role
from programme.http import Request
from registry import queries, schemas, views
from registry.adapters import candidate_list, upload
from registry.api.base import APPLICANTS, FILES, PEOPLE_READERS, STAFF, Routes
from registry.domain.contact import ContactPoints
from registry.queries import FindPerson, PersonFilters
from registry.schemas import Day
from registry.usecases import contacts, people
from registry.usecases.access import load_person, person_by_number
from registry.usecases.import_people import import_people
from registry.usecases.people import PersonChanges, RegisterPerson, RevealedPerson, RevealPerson
from registry.views import View


class PeopleRoutes(Routes):
    """Candidates and holders: masked, except for a stated reason."""

    @http(
        "POST",
        "/people",
        body=schemas.NewPerson,
        returns=schemas.Person,
        status=201,
        roles=APPLICANTS,
        summary="Register a person",
    )
    def register_person(self, request: Request[RegisterPerson]) -> Response:
        with self.db.begin() as session:
            person = people.register(session, request.caller, request.body, self.cipher, self.clock)
            return request.reply(session, views.person_view(session, person, self.cipher))

    @http(
        "GET",
        "/people",
        query=schemas.PersonFilters,
        returns=schemas.Person,
        roles=PEOPLE_READERS,
        paged=True,
        summary="People in a division, an enterprise, or by name; masked",
    )
    def list_people(self, request: Request[None, PersonFilters]) -> Page:
        with self.db.begin() as session:
            found = queries.people(session, request.caller, request.query, self.clock.today(), request.page)
            return Page(views.person_views(session, found.items, self.cipher), found.next_cursor)

    @http("GET", "/people/<person_id>", returns=schemas.Person, roles=PEOPLE_READERS, summary="A person; masked")
    def get_person(self, request: Request[None], person_id: str) -> View:
        with self.db.begin() as session:
            person = load_person(session, request.caller, person_id, self.clock.today())
            return views.person_view(session, person, self.cipher)

    @http(
        "POST",
        "/people/find",
        body=schemas.IdNumber,
        returns=schemas.Person,
        roles=APPLICANTS,
        summary="The person with an ID number, which stays out of addresses and logs",
    )
    def find_person(self, request: Request[FindPerson]) -> View:
        with self.db.begin() as session:
            index = self.cipher.index(request.body.id_number)
            person = person_by_number(session, request.caller, index, self.clock.today())
            return views.person_view(session, person, self.cipher)

    @http(
        "PATCH",
        "/people/<person_id>",
        body=schemas.PersonChanges,
        returns=schemas.Person,
        versioned=True,
        roles=APPLICANTS,
        summary="Change a person or the facts about them; needs If-Match",
    )
    def change_person(self, request: Request[PersonChanges], person_id: str) -> Response:
        with self.db.begin() as session:
            person = people.change(session, request.caller, person_id, request.if_match, request.body, self.clock)
            return request.reply(session, views.person_view(session, person, self.cipher))

    @http(
        "PUT",
        "/people/<person_id>/contact",
        body=schemas.NewContact,
        returns=schemas.Contact,
        roles=(*APPLICANTS, Role.CQO),
        summary="Where notices to a person go",
    )
    def put_person_contact(self, request: Request[ContactPoints], person_id: str) -> Response:
        with self.db.begin() as session:
            contact = contacts.put_for_person(session, request.caller, person_id, request.body, self.cipher, self.clock)
            return request.reply(session, views.contact_view(contact, self.cipher))

    @http(
        "POST",
        "/people/<person_id>/reveal",
        body=schemas.Reason,
        returns=schemas.Revealed,
        roles=STAFF,
        confidential=True,
        summary="In clear, for a stated reason, on record",
    )
    def reveal_person(self, request: Request[RevealPerson], person_id: str) -> RevealedPerson:
        with self.db.begin() as session:
            return people.reveal(session, request.caller, person_id, request.body, self.cipher, self.clock)

    @http(
        "POST",
        "/people/import",
        returns=schemas.Import,
        roles=APPLICANTS,
        file=FILES,
        summary="Import up to 20,000 candidates from .xlsx or .csv, and wait for it",
    )
    def import_people(self, request: Request) -> Response:
        sheet = upload.read(request.file, candidate_list.LIST)
        with self.db.begin() as session:
            report = import_people(session, request.caller, sheet, self.cipher, self.clock)
            return request.reply(session, views.import_view(report, request.language))

    @http(
        "GET",
        "/people/<person_id>/eligibility",
        query=schemas.OnDay,
        returns=schemas.Eligibility,
        roles=PEOPLE_READERS,
        summary="Each criterion (R30–R34) on a day, met or not, with its evidence",
    )
    def explain_eligibility(self, request: Request[None, Day], person_id: str) -> View:
        with self.db.begin() as session:
            today = self.clock.today()
            decided = queries.eligibility(session, request.caller, person_id, request.query.on or today, today)
            return views.eligibility_view(decided, request.language)
