"""Training's HTTP API: a table of contents. Each entrypoint opens the transaction and hands over to a use case."""

from __future__ import annotations

from typing import Any

from chassis.clock import Clock
from chassis.data import ClockProvider, Database
from chassis.http import ANYONE, PUBLIC, AuditRoutes, HttpService, Page, http
from chassis.messaging import FeedRoutes, OpsRoutes
from chassis.process import HealthRoutes
from programme.callers import Role
from programme.http import Request
from programme.ruleset_routes import RuleSetRoutes
from training import explanations, queries, schemas
from training.domain.certificate import EducationShort, IsRevoked, OutsideRenewalWindow
from training.domain.course import ClassIsClosed, ClassNotOver, ClassTooShort, Course
from training.usecases import certificates, classes, education, nominations, plans, results
from training.usecases.access import load

CENTRE = ("training_centre", "province")
NOMINATORS = (*CENTRE, "division", "enterprise")
PEOPLE_READERS = tuple(sorted(frozenset(Role) - {Role.OPS, Role.SYSTEM}))


class Api(HttpService, HealthRoutes, FeedRoutes, OpsRoutes, AuditRoutes, RuleSetRoutes):
    """Classes, exams, certificates and the yearly education ledger."""

    name = "training-api"
    title = "Training and certificates of Chief Quality Officers"
    db = Database()
    clock: Clock = ClockProvider()
    ruleset_schema = schemas.RuleSetParameters

    # Plans and classes

    @http(
        "POST",
        "/plans",
        body=schemas.NewPlan,
        returns=schemas.Plan,
        roles=("province",),
        status=201,
        summary="Decide a year's plan, or revise it (R55, R57)",
    )
    def decide_plan(self, request: Request) -> Any:
        with self.db.begin() as session:
            return request.reply(session, plans.decide(session, request.caller, request.body, self.clock), status=201)

    @http(
        "GET",
        "/plans",
        query=schemas.PlanFilters,
        returns=schemas.Plan,
        roles=ANYONE,
        paged=True,
        summary="The yearly plans with their revisions, the newest first",
    )
    def list_plans(self, request: Request) -> Page:
        with self.db.begin() as session:
            return queries.plans(session, request.query, request.page)

    @http(
        "POST",
        "/classes",
        body=schemas.NewClass,
        returns=schemas.Class,
        roles=CENTRE,
        status=201,
        problems=(ClassTooShort,),
        summary="Schedule a class (R56–R58)",
    )
    def schedule_class(self, request: Request) -> Any:
        with self.db.begin() as session:
            course = classes.schedule(session, request.caller, request.body, self.clock)
            return request.reply(session, course, status=201)

    @http(
        "GET",
        "/classes",
        query=schemas.ClassFilters,
        returns=schemas.Class,
        roles=ANYONE,
        paged=True,
        summary="Classes, open and closed",
    )
    def list_classes(self, request: Request) -> Page:
        with self.db.begin() as session:
            return queries.classes(session, request.query, request.page)

    @http("GET", "/classes/<class_id>", returns=schemas.Class, roles=ANYONE, summary="A class")
    def get_class(self, request: Request, class_id: str) -> Any:
        with self.db.begin() as session:
            return load(session, Course, class_id)

    @http(
        "POST",
        "/classes/<class_id>/nominations",
        body=schemas.NewNominations,
        returns=schemas.NominationResults,
        roles=NOMINATORS,
        problems=(ClassIsClosed,),
        summary="Nominate people; each is accepted or refused (R17, R61)",
    )
    def nominate(self, request: Request, class_id: str) -> Any:
        with self.db.begin() as session:
            told = nominations.nominate(session, request.caller, class_id, request.body["items"], self.clock)
            return request.reply(session, _nominations(told, request.language))

    @http(
        "GET",
        "/classes/<class_id>/enrolments",
        returns=schemas.Enrolment,
        roles=PEOPLE_READERS,
        paged=True,
        summary="Who is enrolled, with hours, scores and outcome",
    )
    def list_enrolments(self, request: Request, class_id: str) -> Page:
        with self.db.begin() as session:
            today = self.clock.today()
            return queries.enrolments(session, request.caller, class_id, today, request.page)

    @http(
        "PUT",
        "/classes/<class_id>/attendance",
        body=schemas.AttendanceList,
        returns=schemas.Entered,
        roles=CENTRE,
        problems=(ClassIsClosed,),
        summary="Enter hours attended, all or none",
    )
    def record_attendance(self, request: Request, class_id: str) -> Any:
        with self.db.begin() as session:
            entered = results.record_attendance(session, request.caller, class_id, request.body["items"], self.clock)
            return request.reply(session, {"entered": entered})

    @http(
        "PUT",
        "/classes/<class_id>/exam",
        body=schemas.ScoreList,
        returns=schemas.Entered,
        roles=CENTRE,
        problems=(ClassIsClosed,),
        summary="Enter the scores of a sitting, all or none",
    )
    def record_exam(self, request: Request, class_id: str) -> Any:
        with self.db.begin() as session:
            entered = results.record_exam(session, request.caller, class_id, request.body["items"], self.clock)
            return request.reply(session, {"entered": entered})

    @http(
        "POST",
        "/classes/<class_id>/close",
        returns=schemas.Closed,
        roles=CENTRE,
        problems=(ClassIsClosed, ClassNotOver),
        summary="Judge everybody; who passes gets a certificate (R59)",
    )
    def close_class(self, request: Request, class_id: str) -> Any:
        with self.db.begin() as session:
            return request.reply(session, classes.close(session, request.caller, class_id, self.clock))

    @http(
        "GET",
        "/enrolments/<enrolment_id>/explain",
        returns=schemas.EnrolmentExplained,
        roles=PEOPLE_READERS,
        summary="Why somebody passed or not, criterion by criterion",
    )
    def explain_enrolment(self, request: Request, enrolment_id: str) -> Any:
        with self.db.begin() as session:
            return explanations.enrolment(session, request.caller, enrolment_id, self.clock.today())

    # Certificates

    @http(
        "GET",
        "/certificates",
        query=schemas.CertificateFilters,
        returns=schemas.Certificate,
        roles=PEOPLE_READERS,
        paged=True,
        summary="Certificates, as of a day",
    )
    def list_certificates(self, request: Request) -> Page:
        with self.db.begin() as session:
            today = self.clock.today()
            return queries.certificates(session, request.caller, request.query, today, request.page)

    @http(
        "GET",
        "/certificates/verify",
        query=schemas.NumberQuery,
        returns=schemas.Verification,
        roles=PUBLIC,
        summary="Whether a number is genuine; open to anybody",
    )
    def verify_number(self, request: Request) -> Any:
        with self.db.begin() as session:
            return queries.verify(session, request.query["number"], self.clock.today())

    @http(
        "GET",
        "/certificates/notices-due",
        query=schemas.DueQuery,
        returns=schemas.DueNotice,
        paged=True,
        roles=("province", "training_centre", "ops", "auditor"),
        summary="Each expiry notice that was due",
    )
    def list_due_notices(self, request: Request) -> Page:
        with self.db.begin() as session:
            return queries.due_notices(session, request.query, self.clock.today(), request.page)

    @http(
        "GET",
        "/certificates/<certificate_id>",
        query=schemas.AsOf,
        returns=schemas.CertificateWithHistory,
        roles=PEOPLE_READERS,
        summary="A certificate with its history, as of a day",
    )
    def get_certificate(self, request: Request, certificate_id: str) -> Any:
        with self.db.begin() as session:
            today = self.clock.today()
            return queries.certificate(session, request.caller, certificate_id, request.query, today)

    @http(
        "GET",
        "/certificates/<certificate_id>/explain",
        returns=schemas.CertificateExplained,
        roles=PEOPLE_READERS,
        summary="Each decision on a certificate, and what it rested on",
    )
    def explain_certificate(self, request: Request, certificate_id: str) -> Any:
        with self.db.begin() as session:
            return explanations.certificate(session, request.caller, certificate_id, self.clock.today())

    @http(
        "POST",
        "/certificates/<certificate_id>/renew",
        returns=schemas.Certificate,
        roles=CENTRE,
        problems=(IsRevoked, OutsideRenewalWindow, EducationShort),
        summary="Renew; needs If-Match (R34)",
    )
    def renew_certificate(self, request: Request, certificate_id: str) -> Any:
        with self.db.begin() as session:
            renewed = certificates.renew(session, request.caller, certificate_id, request.if_match, self.clock)
            return request.reply(session, renewed)

    @http(
        "POST",
        "/certificates/<certificate_id>/revoke",
        body=schemas.Revocation,
        returns=schemas.Certificate,
        roles=CENTRE,
        problems=(IsRevoked,),
        summary="Revoke, on a document; needs If-Match",
    )
    def revoke_certificate(self, request: Request, certificate_id: str) -> Any:
        with self.db.begin() as session:
            revoked = certificates.revoke(
                session, request.caller, certificate_id, request.if_match, request.body, self.clock
            )
            return request.reply(session, revoked)

    # Continuing education

    @http(
        "POST",
        "/education",
        body=schemas.NewEducationList,
        returns=schemas.Recorded,
        roles=(*CENTRE, "division"),
        summary="Enter hours of continuing education (R34)",
    )
    def record_education(self, request: Request) -> Any:
        with self.db.begin() as session:
            return request.reply(session, education.record(session, request.caller, request.body["items"], self.clock))

    @http(
        "GET",
        "/people/<person_id>/education",
        returns=schemas.EducationYear,
        roles=PEOPLE_READERS,
        summary="A person's years of continuing education",
    )
    def get_education(self, request: Request, person_id: str) -> Any:
        with self.db.begin() as session:
            return queries.education(session, request.caller, person_id, self.clock.today())


def _nominations(told: list[dict[str, Any]], language: str) -> dict[str, Any]:
    items = []
    for result in told:
        refusal = result.pop("refusal", None)
        if refusal is not None:
            result |= {"reason": refusal.sentence(language), "rule": refusal.rule}
        items.append(result)
    accepted = sum(item["accepted"] for item in items)
    return {"accepted": accepted, "refused": len(items) - accepted, "items": items}
