"""What this service keeps of the others' aggregates. What was announced because of them is its own, and stays."""

from chassis.messaging import Kept, Rows
from notifications import storage
from notifications.handlers import appointments, people
from programme.tables import division

ANNOUNCED = Kept(
    facts=(Rows.by_event(storage.cause.c.id),), stays="notices that were written, and letters that were sent"
)

KEPT = {
    "appeal": ANNOUNCED,
    "appointment": Kept(
        (Rows.by(storage.appointment.c.id),),
        restate=appointments.keep_anew,
        facts=ANNOUNCED.facts,
        stays=ANNOUNCED.stays,
    ),
    "breach": ANNOUNCED,
    "certificate": ANNOUNCED,
    "contact_request": ANNOUNCED,
    "contact": Kept(stays="the contact points that it had", is_given=False),
    "division": Kept((Rows.by(division.c.code),)),
    "duty_report": ANNOUNCED,
    "education": ANNOUNCED,
    "enrolment": ANNOUNCED,
    "enterprise": Kept((Rows.by(storage.enterprise.c.id),)),
    "honour": ANNOUNCED,
    "nomination": ANNOUNCED,
    "person": Kept(
        (Rows.by(storage.person.c.id),), restate=people.keep_anew, facts=ANNOUNCED.facts, stays=ANNOUNCED.stays
    ),
    "post": ANNOUNCED,
    "incident": ANNOUNCED,
    "recommendation": ANNOUNCED,
    "shortfall": ANNOUNCED,
    "target": ANNOUNCED,
}
