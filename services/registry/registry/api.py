"""The registry's HTTP API: a table of contents. Each entrypoint opens the transaction and hands over to a use case."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import ClockProvider, Database
from chassis.http import ANYONE, AuditRoutes, HttpService, Page, PageArguments, http
from chassis.messaging import FeedRoutes, OpsRoutes
from chassis.process import HealthRoutes
from programme.callers import Role
from programme.http import Request
from programme.ruleset_routes import RuleSetRoutes
from registry import queries, schemas, views
from registry.domain.candidacy import (
    AlreadyCqoElsewhere,
    AlreadyCqoHere,
    Excluded,
    NotInPool,
    NoValidCertificate,
    PostTaken,
)
from registry.domain.enterprise import Enterprise
from registry.domain.person import Person
from registry.providers import VaultProvider
from registry.usecases import appointments, contacts, enterprises, exclusions, people, posts
from registry.usecases.access import load_appointment, load_enterprise, load_person
from registry.usecases.import_enterprises import import_enterprises
from registry.usecases.import_people import import_people

STAFF = ("province", "division")
APPLICANTS = (*STAFF, "enterprise")
REFUSALS = (NotInPool, NoValidCertificate, AlreadyCqoElsewhere, AlreadyCqoHere, PostTaken, Excluded)
# Operators and other government systems have no business with single people.
PEOPLE_READERS = tuple(sorted(frozenset(Role) - {Role.OPS, Role.SYSTEM}))


class Api(HttpService, HealthRoutes, FeedRoutes, OpsRoutes, AuditRoutes, RuleSetRoutes):
    """Enterprises, people, the talent pool and appointments."""

    name = "registry-api"
    title = "Registry of Chief Quality Officers"
    db = Database()
    clock: Clock = ClockProvider()
    vault = VaultProvider()
    ruleset_schema = schemas.RuleSetParameters

    # Divisions

    @http(
        "GET", "/divisions", query=schemas.OnDay, returns=schemas.Divisions, roles=ANYONE, summary="The tree on a day"
    )
    def list_divisions(self, request: Request) -> Any:
        with self.db.begin() as session:
            return {"items": queries.divisions(session, request.query.get("on") or self.clock.today())}

    @http("GET", "/divisions/<code>", returns=schemas.Division, roles=ANYONE, summary="A division and its placements")
    def get_division(self, request: Request, code: str) -> Any:
        with self.db.begin() as session:
            return queries.division(session, code)

    @http(
        "PUT",
        "/divisions/<code>/contact",
        body=schemas.NewContact,
        returns=schemas.Contact,
        roles=STAFF,
        summary="Where notices to a division's staff go",
    )
    def put_division_contact(self, request: Request, code: str) -> Any:
        with self.db.begin() as session:
            contact = contacts.put_for_division(session, request.caller, code, request.body, self.vault, self.clock)
            return request.reply(session, views.contact_view(contact, self.vault))

    # Enterprises

    @http(
        "POST",
        "/enterprises",
        body=schemas.NewEnterprise,
        returns=schemas.Enterprise,
        roles=STAFF,
        summary="Register an enterprise",
    )
    def register_enterprise(self, request: Request) -> Any:
        with self.db.begin() as session:
            enterprise = enterprises.register(session, request.caller, request.body, self.vault, self.clock)
            return request.reply(session, self._enterprises(session, [enterprise])[0], status=201)

    @http(
        "GET",
        "/enterprises",
        query=schemas.EnterpriseFilters,
        returns=schemas.Enterprise,
        roles=ANYONE,
        paged=True,
        summary="Enterprises in a division, by population, industry or name",
    )
    def list_enterprises(self, request: Request) -> Page:
        with self.db.begin() as session:
            found = queries.enterprises(session, request.caller, request.query, *self._page_arguments(request))
            return Page(self._enterprises(session, found.items), found.next_cursor)

    @http("GET", "/enterprises/<enterprise_id>", returns=schemas.Enterprise, roles=ANYONE, summary="An enterprise")
    def get_enterprise(self, request: Request, enterprise_id: str) -> Any:
        with self.db.begin() as session:
            enterprise = load_enterprise(session, request.caller, enterprise_id, self.clock.today())
            return self._enterprises(session, [enterprise])[0]

    @http(
        "PATCH",
        "/enterprises/<enterprise_id>",
        body=schemas.EnterpriseChanges,
        returns=schemas.Enterprise,
        roles=STAFF,
        summary="Change an enterprise; needs If-Match",
    )
    def change_enterprise(self, request: Request, enterprise_id: str) -> Any:
        with self.db.begin() as session:
            enterprise = enterprises.change(
                session, request.caller, enterprise_id, request.if_match, request.body, self.clock
            )
            return request.reply(session, self._enterprises(session, [enterprise])[0])

    @http(
        "PUT",
        "/enterprises/<enterprise_id>/contact",
        body=schemas.NewContact,
        returns=schemas.Contact,
        roles=APPLICANTS,
        summary="Where notices to an enterprise go",
    )
    def put_enterprise_contact(self, request: Request, enterprise_id: str) -> Any:
        with self.db.begin() as session:
            contact = contacts.put_for_enterprise(
                session, request.caller, enterprise_id, request.body, self.vault, self.clock
            )
            return request.reply(session, views.contact_view(contact, self.vault))

    @http(
        "POST",
        "/enterprises/import",
        returns=schemas.Import,
        roles=STAFF,
        file=True,
        summary="Import enterprises from an .xlsx workbook",
    )
    def import_enterprises(self, request: Request) -> Any:
        with self.db.begin() as session:
            outcome = import_enterprises(session, request.caller, request.file, self.vault, self.clock)
            return request.reply(session, outcome.view(request.language))

    @http(
        "POST",
        "/enterprises/<enterprise_id>/posts",
        body=schemas.NewPost,
        returns=schemas.Post,
        roles=APPLICANTS,
        summary="Open a CQO's post (R22)",
    )
    def open_post(self, request: Request, enterprise_id: str) -> Any:
        with self.db.begin() as session:
            post = posts.open_post(session, request.caller, enterprise_id, request.body, self.clock)
            return request.reply(session, views.post_view(post, None), status=201)

    @http(
        "GET",
        "/posts",
        query=schemas.PostFilters,
        returns=schemas.Post,
        roles=ANYONE,
        paged=True,
        summary="Posts, vacant or held",
    )
    def list_posts(self, request: Request) -> Page:
        with self.db.begin() as session:
            found = queries.posts(session, request.caller, request.query, *self._page_arguments(request))
            return Page([views.post_view(row["Post"], row["Appointment"]) for row in found.items], found.next_cursor)

    # People

    @http(
        "POST", "/people", body=schemas.NewPerson, returns=schemas.Person, roles=APPLICANTS, summary="Register a person"
    )
    def register_person(self, request: Request) -> Any:
        with self.db.begin() as session:
            person = people.register(session, request.caller, request.body, self.vault, self.clock)
            return request.reply(session, self._people(session, [person])[0], status=201)

    @http(
        "GET",
        "/people",
        query=schemas.PersonFilters,
        returns=schemas.Person,
        roles=PEOPLE_READERS,
        paged=True,
        summary="People in a division, an enterprise, or by name; masked",
    )
    def list_people(self, request: Request) -> Page:
        with self.db.begin() as session:
            found = queries.people(session, request.caller, request.query, *self._page_arguments(request))
            return Page(self._people(session, found.items), found.next_cursor)

    @http("GET", "/people/<person_id>", returns=schemas.Person, roles=PEOPLE_READERS, summary="A person; masked")
    def get_person(self, request: Request, person_id: str) -> Any:
        with self.db.begin() as session:
            person = load_person(session, request.caller, person_id, self.clock.today())
            return self._people(session, [person])[0]

    @http(
        "POST",
        "/people/find",
        body=schemas.IdNumber,
        returns=schemas.Person,
        roles=APPLICANTS,
        summary="The person with an ID number, which stays out of addresses and logs",
    )
    def find_person(self, request: Request) -> Any:
        with self.db.begin() as session:
            index = self.vault.index(request.body["id_number"])
            person = queries.person_by_number(session, request.caller, index, self.clock.today())
            return self._people(session, [person])[0]

    @http(
        "PATCH",
        "/people/<person_id>",
        body=schemas.PersonChanges,
        returns=schemas.Person,
        roles=APPLICANTS,
        summary="Change a person or the facts about them; needs If-Match",
    )
    def change_person(self, request: Request, person_id: str) -> Any:
        with self.db.begin() as session:
            person = people.change(session, request.caller, person_id, request.if_match, request.body, self.clock)
            return request.reply(session, self._people(session, [person])[0])

    @http(
        "PUT",
        "/people/<person_id>/contact",
        body=schemas.NewContact,
        returns=schemas.Contact,
        roles=(*APPLICANTS, "cqo"),
        summary="Where notices to a person go",
    )
    def put_person_contact(self, request: Request, person_id: str) -> Any:
        with self.db.begin() as session:
            contact = contacts.put_for_person(session, request.caller, person_id, request.body, self.vault, self.clock)
            return request.reply(session, views.contact_view(contact, self.vault))

    @http(
        "POST",
        "/people/<person_id>/reveal",
        body=schemas.Reason,
        returns=schemas.Revealed,
        roles=STAFF,
        confidential=True,
        summary="In clear, for a stated reason, on record",
    )
    def reveal_person(self, request: Request, person_id: str) -> Any:
        with self.db.begin() as session:
            return people.reveal(session, request.caller, person_id, request.body["reason"], self.vault, self.clock)

    @http(
        "POST",
        "/people/import",
        returns=schemas.Import,
        roles=APPLICANTS,
        file=True,
        summary="Import candidates from an .xlsx workbook",
    )
    def import_people(self, request: Request) -> Any:
        with self.db.begin() as session:
            outcome = import_people(session, request.caller, request.file, self.vault, self.clock)
            return request.reply(session, outcome.view(request.language))

    @http(
        "GET",
        "/people/<person_id>/eligibility",
        query=schemas.OnDay,
        returns=schemas.Eligibility,
        roles=PEOPLE_READERS,
        summary="Each criterion (R30–R34) on a day, met or not, with its evidence",
    )
    def explain_eligibility(self, request: Request, person_id: str) -> Any:
        with self.db.begin() as session:
            today = self.clock.today()
            on = request.query.get("on") or today
            decided = queries.eligibility(session, request.caller, person_id, on, today)
            return views.eligibility_view(decided, request.language)

    @http(
        "POST",
        "/exclusions",
        body=schemas.NewExclusion,
        returns=schemas.Exclusion,
        roles=STAFF,
        summary="Exclude a person from appointment (R30)",
    )
    def exclude(self, request: Request) -> Any:
        with self.db.begin() as session:
            entry = exclusions.exclude(session, request.caller, request.body, self.vault, self.clock)
            return request.reply(session, entry, status=201)

    @http(
        "GET",
        "/exclusions",
        returns=schemas.Exclusion,
        roles=("province", "auditor"),
        paged=True,
        summary="The exclusion list",
    )
    def list_exclusions(self, request: Request) -> Page:
        with self.db.begin() as session:
            return queries.exclusions(session, request.page)

    @http(
        "POST",
        "/exclusions/<exclusion_id>/lift",
        body=schemas.Lifting,
        returns=schemas.Exclusion,
        roles=("province",),
        summary="End an exclusion",
    )
    def lift_exclusion(self, request: Request, exclusion_id: str) -> Any:
        with self.db.begin() as session:
            on, document = request.body["on"], request.body["document"]
            entry = exclusions.lift(session, request.caller, exclusion_id, on, document, self.clock)
            return request.reply(session, entry)

    # The pool and appointments from it

    @http(
        "GET",
        "/talents",
        query=schemas.TalentFilters,
        returns=schemas.Talent,
        roles=ANYONE,
        paged=True,
        summary="The talent pool, as of a day (R60)",
    )
    def list_talents(self, request: Request) -> Page:
        with self.db.begin() as session:
            found = queries.talents(session, request.caller, request.query, *self._page_arguments(request))
            return Page(
                [views.talent_view(row["Talent"], row["TalentStatus"], row["appointed"]) for row in found.items],
                found.next_cursor,
            )

    @http(
        "POST",
        "/appointments",
        body=schemas.NewAppointment,
        returns=schemas.Appointment,
        roles=APPLICANTS,
        problems=REFUSALS,
        summary="Appoint a CQO from the pool (R22–R27)",
    )
    def appoint(self, request: Request) -> Any:
        with self.db.begin() as session:
            appointment = appointments.appoint(session, request.caller, request.body, self.clock)
            return request.reply(session, views.appointment_view(appointment, request.language), status=201)

    @http(
        "GET",
        "/appointments",
        query=schemas.AppointmentFilters,
        returns=schemas.Appointment,
        roles=ANYONE,
        paged=True,
        summary="Appointments, as of a day",
    )
    def list_appointments(self, request: Request) -> Page:
        with self.db.begin() as session:
            found = queries.appointments(session, request.caller, request.query, *self._page_arguments(request))
            shown = [self._dated(request, row) for row in found.items]
            return Page(shown, found.next_cursor)

    @http(
        "GET",
        "/appointments/<appointment_id>",
        returns=schemas.AppointmentWithHistory,
        roles=ANYONE,
        summary="An appointment with its history",
    )
    def get_appointment(self, request: Request, appointment_id: str) -> Any:
        with self.db.begin() as session:
            found = load_appointment(session, request.caller, appointment_id, self.clock.today())
            history = queries.appointment_history(session, found.id)
            return {**views.appointment_view(found, request.language), "history": history}

    @http(
        "POST",
        "/appointments/<appointment_id>/filing",
        body=schemas.Filing,
        returns=schemas.Appointment,
        roles=APPLICANTS,
        summary="File an appointment (备案); late ones are flagged",
    )
    def file_appointment(self, request: Request, appointment_id: str) -> Any:
        with self.db.begin() as session:
            on, number = request.body["filed_on"], request.body["number"]
            appointment = appointments.file(session, request.caller, appointment_id, on, number, self.clock)
            return request.reply(session, views.appointment_view(appointment, request.language))

    @http(
        "POST",
        "/appointments/<appointment_id>/end",
        body=schemas.Ending,
        returns=schemas.Appointment,
        roles=APPLICANTS,
        summary="End an appointment; its post becomes vacant",
    )
    def end_appointment(self, request: Request, appointment_id: str) -> Any:
        with self.db.begin() as session:
            on, reason = request.body["on"], request.body["reason"]
            appointment = appointments.end(session, request.caller, appointment_id, on, reason, self.clock)
            return request.reply(session, views.appointment_view(appointment, request.language))

    def _enterprises(self, session: Session, found: list[Enterprise]) -> list[dict[str, Any]]:
        return views.enterprise_views(session, found, self.vault)

    def _people(self, session: Session, found: list[Person]) -> list[dict[str, Any]]:
        return views.person_views(session, found, self.vault)

    def _dated(self, request: Request, row: dict[str, Any]) -> dict[str, Any]:
        return views.appointment_view(row["Appointment"], request.language, row["AppointmentStatus"])

    def _page_arguments(self, request: Request) -> tuple[date, PageArguments]:
        """The day a list is asked for, and which page of it."""
        return request.query.get("on") or self.clock.today(), request.page
