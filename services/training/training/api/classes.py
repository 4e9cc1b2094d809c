"""Classes: scheduled, filled, held and closed."""

from __future__ import annotations

from chassis.data import load
from chassis.http import ANYONE, Page, Response, http
from programme.http import Request
from training import queries, schemas, views
from training.api.base import CENTRE, NOMINATORS, PEOPLE_READERS, Routes
from training.domain.class_refusals import (
    BlockUnknown,
    CapacityBelowTaken,
    ClassHasResults,
    ClassIsCancelled,
    ClassIsClosed,
    ClassNotOver,
    ClassTooShort,
    EndsBeforeItStarts,
    LinkMissing,
    OnlineAtVenue,
    SessionsDontFit,
    TrainerOutsidePool,
    VenueMissing,
)
from training.domain.nomination import AlreadyWithdrawn, HasResults
from training.domain.places import QuotasBeyondCapacity
from training.domain.training_class import TrainingClass
from training.domain.venue import CapacityBeyondSeats, VenueClosed, VenueTaken
from training.queries.explanations import EnrolmentExplained
from training.usecases import class_changes, classes, nominations, results, waiting

WRONGLY_HELD = (
    BlockUnknown,
    VenueMissing,
    LinkMissing,
    OnlineAtVenue,
    CapacityBeyondSeats,
    VenueClosed,
    VenueTaken,
    TrainerOutsidePool,
)
NOT_OPEN = (ClassIsClosed, ClassIsCancelled)


class ClassRoutes(Routes):
    """Classes, nominations and results."""

    @http(
        "POST",
        "/classes",
        body=schemas.NewClass,
        returns=schemas.Class,
        roles=CENTRE,
        status=201,
        problems=(ClassTooShort, QuotasBeyondCapacity, *WRONGLY_HELD),
        summary="Schedule a class (R56–R58)",
    )
    def schedule_class(self, request: Request[classes.ScheduleClass]) -> Response:
        with self.db.begin() as session:
            training_class = classes.schedule(session, request.caller, request.body, self.clock)
            return request.reply(session, training_class)

    @http(
        "GET",
        "/classes",
        query=schemas.ClassFilters,
        returns=schemas.Class,
        roles=ANYONE,
        paged=True,
        summary="Classes, open and closed",
    )
    def list_classes(self, request: Request[None, queries.ClassFilters]) -> Page:
        with self.db.begin() as session:
            return queries.list_classes(session, request.query, request.page)

    @http("GET", "/classes/<class_id>", returns=schemas.Class, roles=ANYONE, summary="A class")
    def get_class(self, request: Request[None], class_id: str) -> TrainingClass:
        with self.db.begin() as session:
            return load(session, TrainingClass, class_id)

    @http(
        "PATCH",
        "/classes/<class_id>",
        body=schemas.ClassChanges,
        returns=schemas.Class,
        versioned=True,
        roles=CENTRE,
        problems=(*NOT_OPEN, ClassHasResults, CapacityBelowTaken, SessionsDontFit, EndsBeforeItStarts, *WRONGLY_HELD),
        summary="Move a class, or change its venue, trainers or capacity; who is nominated is told",
    )
    def change_class(self, request: Request[class_changes.ChangeClass], class_id: str) -> Response:
        with self.db.begin() as session:
            version, command = request.if_match, request.body
            changed = class_changes.change(session, request.caller, class_id, version, command, self.clock)
            return request.reply(session, changed)

    @http(
        "POST",
        "/classes/<class_id>/cancel",
        body=schemas.Cancellation,
        returns=schemas.Class,
        versioned=True,
        roles=CENTRE,
        problems=(*NOT_OPEN, ClassHasResults),
        summary="Cancel a class; who is nominated is told",
    )
    def cancel_class(self, request: Request[class_changes.CancelClass], class_id: str) -> Response:
        with self.db.begin() as session:
            version, command = request.if_match, request.body
            cancelled = class_changes.cancel(session, request.caller, class_id, version, command, self.clock)
            return request.reply(session, cancelled)

    @http(
        "POST",
        "/classes/<class_id>/nominations",
        body=schemas.NewNominations,
        returns=schemas.NominationResults,
        roles=NOMINATORS,
        problems=NOT_OPEN,
        summary="Nominate people; each is accepted or refused (R17, R61)",
    )
    def nominate(self, request: Request[nominations.Nominate], class_id: str) -> Response:
        with self.db.begin() as session:
            found = nominations.nominate(session, request.caller, class_id, request.body, self.clock)
            return request.reply(session, views.nominations(found, request.language))

    @http(
        "GET",
        "/classes/<class_id>/nominations",
        query=schemas.NominationFilters,
        returns=schemas.Nomination,
        roles=PEOPLE_READERS,
        paged=True,
        summary="Who is nominated: enrolled, waiting or withdrawn",
    )
    def list_nominations(self, request: Request[None, queries.NominationFilters], class_id: str) -> Page:
        with self.db.begin() as session:
            today = self.clock.today()
            return queries.list_nominations(session, request.caller, class_id, request.query, today, request.page)

    @http(
        "POST",
        "/nominations/<nomination_id>/withdraw",
        body=schemas.Withdrawal,
        returns=schemas.Nomination,
        roles=NOMINATORS,
        problems=(*NOT_OPEN, AlreadyWithdrawn, HasResults),
        summary="Withdraw a nomination; who waits longest moves up (R61)",
    )
    def withdraw_nomination(self, request: Request[waiting.Withdraw], nomination_id: str) -> Response:
        with self.db.begin() as session:
            withdrawn = waiting.withdraw(session, request.caller, nomination_id, request.body, self.clock)
            return request.reply(session, withdrawn)

    @http(
        "GET",
        "/classes/<class_id>/enrolments",
        returns=schemas.Enrolment,
        roles=PEOPLE_READERS,
        paged=True,
        summary="Who is enrolled, with hours, scores and outcome",
    )
    def list_enrolments(self, request: Request[None], class_id: str) -> Page:
        with self.db.begin() as session:
            return queries.list_enrolments(session, request.caller, class_id, self.clock.today(), request.page)

    @http(
        "PUT",
        "/classes/<class_id>/attendance",
        body=schemas.AttendanceList,
        returns=schemas.Entered,
        roles=CENTRE,
        problems=NOT_OPEN,
        summary="Enter hours attended, all or none",
    )
    def record_attendance(self, request: Request[results.RecordAttendance], class_id: str) -> Response:
        with self.db.begin() as session:
            entered = results.record_attendance(session, request.caller, class_id, request.body, self.clock)
            return request.reply(session, entered)

    @http(
        "PUT",
        "/classes/<class_id>/exam",
        body=schemas.ScoreList,
        returns=schemas.Entered,
        roles=CENTRE,
        problems=NOT_OPEN,
        summary="Enter the scores of a sitting, all or none",
    )
    def record_exam(self, request: Request[results.RecordExam], class_id: str) -> Response:
        with self.db.begin() as session:
            entered = results.record_exam(session, request.caller, class_id, request.body, self.clock)
            return request.reply(session, entered)

    @http(
        "POST",
        "/classes/<class_id>/close",
        returns=schemas.Closed,
        roles=CENTRE,
        problems=(*NOT_OPEN, ClassNotOver),
        summary="Judge everybody; who passes gets a certificate (R59)",
    )
    def close_class(self, request: Request[None], class_id: str) -> Response:
        with self.db.begin() as session:
            return request.reply(session, classes.close(session, request.caller, class_id, self.clock))

    @http(
        "GET",
        "/enrolments/<enrolment_id>/explain",
        returns=schemas.EnrolmentExplained,
        roles=PEOPLE_READERS,
        summary="Why somebody passed or not, criterion by criterion",
    )
    def explain_enrolment(self, request: Request[None], enrolment_id: str) -> EnrolmentExplained:
        with self.db.begin() as session:
            return queries.explain_enrolment(session, request.caller, enrolment_id, self.clock.today())
