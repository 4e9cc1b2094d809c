"""Routes of appointments."""

from __future__ import annotations

from chassis.http import Page, Response, http
from programme.http import Request
from registry import queries, schemas, views
from registry.api.base import APPLICANTS, PEOPLE_READERS, STAFF, Routes
from registry.domain.admission import (
    EducationBehind,
    Excluded,
    NoDeclaration,
    NotInPool,
    NoValidCertificate,
    TooLittleExperience,
)
from registry.domain.candidacy import (
    AlreadyCqoElsewhere,
    AlreadyCqoHere,
    BeforeTheEnterprise,
    NotAppointable,
    PostTaken,
)
from registry.domain.change import LaterChangeKnown, NothingChanged
from registry.domain.filing import AlreadySubmitted, DayIsTheBureaus, NotSubmitted, NumberTaken
from registry.queries import AppointmentFilters
from registry.usecases.access import load_appointment
from registry.usecases.appoint import Appoint, appoint
from registry.usecases.change_appointment import ChangeAppointment, change_appointment, changes_of
from registry.usecases.end_appointment import EndAppointment, end_appointment
from registry.usecases.file_appointment import (
    FileAppointment,
    ReturnFiling,
    SubmitFiling,
    file_appointment,
    return_filing,
    submit_filing,
)
from registry.views import View

REFUSALS = (
    NotInPool,
    NoValidCertificate,
    NotAppointable,
    AlreadyCqoElsewhere,
    AlreadyCqoHere,
    PostTaken,
    BeforeTheEnterprise,
    Excluded,
    NoDeclaration,
    TooLittleExperience,
    EducationBehind,
)


class AppointmentRoutes(Routes):
    """Appointments of CQOs from the pool, their filing and their end."""

    @http(
        "POST",
        "/appointments",
        body=schemas.NewAppointment,
        returns=schemas.Appointment,
        status=201,
        roles=APPLICANTS,
        problems=REFUSALS,
        summary="Appoint a CQO from the pool (R22–R27)",
    )
    def appoint(self, request: Request[Appoint]) -> Response:
        with self.db.begin() as session:
            appointment = appoint(session, request.caller, request.body, self.clock)
            return request.reply(session, views.appointment_view(appointment, request.language))

    @http(
        "GET",
        "/appointments",
        query=schemas.AppointmentFilters,
        returns=schemas.Appointment,
        roles=PEOPLE_READERS,
        paged=True,
        summary="Appointments, as of a day",
    )
    def list_appointments(self, request: Request[None, AppointmentFilters]) -> Page:
        with self.db.begin() as session:
            on = request.query.on or self.clock.today()
            found = queries.appointments(session, request.caller, request.query, on, request.page)
            shown = [views.appointment_on_day_view(row, request.language) for row in found.items]
            return Page(shown, found.next_cursor)

    @http(
        "GET",
        "/appointments/<appointment_id>",
        returns=schemas.AppointmentWithHistory,
        roles=PEOPLE_READERS,
        summary="An appointment with its history",
    )
    def get_appointment(self, request: Request[None], appointment_id: str) -> View:
        with self.db.begin() as session:
            today = self.clock.today()
            appointment = load_appointment(session, request.caller, appointment_id, today)
            history = queries.appointment_history(session, appointment.id)
            return views.appointment_today_view(appointment, history, today, request.language)

    @http(
        "POST",
        "/appointments/<appointment_id>/filing/submission",
        body=schemas.Submission,
        returns=schemas.Appointment,
        roles=APPLICANTS,
        problems=(AlreadySubmitted, DayIsTheBureaus),
        summary="Submit an appointment for filing (备案)",
    )
    def submit_filing(self, request: Request[SubmitFiling], appointment_id: str) -> Response:
        with self.db.begin() as session:
            submitted = submit_filing(session, request.caller, appointment_id, request.body, self.clock)
            return request.reply(session, views.appointment_view(submitted, request.language))

    @http(
        "POST",
        "/appointments/<appointment_id>/filing/return",
        body=schemas.Returning,
        returns=schemas.Appointment,
        roles=STAFF,
        problems=(NotSubmitted,),
        summary="Return what was submitted for filing, with the reason",
    )
    def return_filing(self, request: Request[ReturnFiling], appointment_id: str) -> Response:
        with self.db.begin() as session:
            returned = return_filing(session, request.caller, appointment_id, request.body, self.clock)
            return request.reply(session, views.appointment_view(returned, request.language))

    @http(
        "POST",
        "/appointments/<appointment_id>/filing",
        body=schemas.Filing,
        returns=schemas.Appointment,
        roles=STAFF,
        problems=(NumberTaken,),
        summary="File an appointment (备案): late if it was submitted after the last day",
    )
    def file_appointment(self, request: Request[FileAppointment], appointment_id: str) -> Response:
        with self.db.begin() as session:
            filed = file_appointment(session, request.caller, appointment_id, request.body, self.clock)
            return request.reply(session, views.appointment_view(filed, request.language))

    @http(
        "POST",
        "/appointments/<appointment_id>/changes",
        body=schemas.NewChange,
        returns=schemas.Change,
        status=201,
        roles=APPLICANTS,
        problems=(NothingChanged, LaterChangeKnown, DayIsTheBureaus),
        summary="Change an appointment (变更): late if handed in after the working days allowed",
    )
    def change_appointment(self, request: Request[ChangeAppointment], appointment_id: str) -> Response:
        with self.db.begin() as session:
            change = change_appointment(session, request.caller, appointment_id, request.body, self.clock)
            return request.reply(session, views.change_view(change, request.language))

    @http(
        "GET",
        "/appointments/<appointment_id>/changes",
        returns=schemas.Changes,
        roles=PEOPLE_READERS,
        summary="The changes of an appointment, each with the day from which it holds and that of its recording",
    )
    def list_changes(self, request: Request[None], appointment_id: str) -> dict[str, list[View]]:
        with self.db.begin() as session:
            found = load_appointment(session, request.caller, appointment_id, self.clock.today())
            changes = changes_of(session, found.id)
            return {"items": [views.change_view(change, request.language) for change in changes]}

    @http(
        "POST",
        "/appointments/<appointment_id>/end",
        body=schemas.Ending,
        returns=schemas.Appointment,
        roles=APPLICANTS,
        summary="End an appointment with a day, which still counts; its post is vacant from the next",
    )
    def end_appointment(self, request: Request[EndAppointment], appointment_id: str) -> Response:
        with self.db.begin() as session:
            ended = end_appointment(session, request.caller, appointment_id, request.body, self.clock)
            history = queries.appointment_history(session, ended.id)
            view = views.appointment_today_view(ended, history, self.clock.today(), request.language)
            return request.reply(session, view)
