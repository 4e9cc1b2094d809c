"""What this service keeps of the others' aggregates: copies, and checkpoints of audit logs."""

from sqlalchemy import ColumnElement, and_

from chassis.messaging import Kept, Rows
from programme.tables import division
from reporting import storage
from reporting.handlers import (
    appointments,
    certificates,
    deliveries,
    education,
    enrolments,
    enterprises,
    talents,
    training_classes,
)


def _year(subject: str, _: str | None) -> ColumnElement[bool]:
    """The ledger's year of a person: its id is theirs and the year."""
    person_id, _, year = subject.rpartition(":")
    return and_(storage.education.c.person_id == person_id, storage.education.c.year == int(year))


CHECKPOINTS = Kept(stays="the checkpoints, which are evidence of what its audit log was")
KEPT = {
    "appointment": Kept(
        (Rows.by(storage.appointment_history.c.appointment_id), Rows.by(storage.filing.c.appointment_id)),
        forget=appointments.forget,
    ),
    "certificate": Kept((Rows.by(storage.certificate_history.c.certificate_id),), forget=certificates.forget),
    "class": Kept((Rows.by(storage.training_class.c.class_id),), forget=training_classes.forget),
    "division": Kept((Rows.by(division.c.code),)),
    "education": Kept((Rows(storage.education, _year),), forget=education.forget),
    "enrolment": Kept((Rows.by(storage.enrolment.c.enrolment_id),), forget=enrolments.forget),
    "enterprise": Kept((Rows.by(storage.enterprise_history.c.enterprise_id),), forget=enterprises.forget),
    "notice": Kept((Rows.by(storage.delivery.c.delivery_id),), forget=deliveries.forget),
    **{f"{service}_audit": CHECKPOINTS for service in ("registry", "training", "notifications")},
    "talent": Kept((Rows.by(storage.talent_history.c.person_id),), forget=talents.forget),
}
