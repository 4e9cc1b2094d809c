"""What this service keeps of the others' aggregates. What was announced because of them is its own, and stays."""

from sqlalchemy import or_

from chassis.messaging import Kept, Rows
from notifications import storage
from notifications.handlers import appointments, certificates, matters, people
from programme.tables import division

_of = storage.matter.c.subject
ANNOUNCED = Kept(
    facts=(Rows.by_event(storage.cause.c.id),), stays="notices that were written, and letters that were sent"
)

GIVEN = Kept(stays="what subscriptions were given of it")
# What is open of an aggregate; of a duty report for each of its papers.
MATTERS = Rows(storage.matter, lambda subject, _: or_(_of == subject, _of.startswith(f"{subject}:", autoescape=True)))
WITH_MATTERS = Kept(
    (MATTERS,), restate=matters.keep_anew, facts=ANNOUNCED.facts, stays=f"{ANNOUNCED.stays}, and what is planned"
)

KEPT = {
    "appeal": ANNOUNCED,
    "appointment": Kept(
        (Rows.by(storage.appointment.c.id), MATTERS),
        restate=appointments.keep_anew,
        facts=ANNOUNCED.facts,
        stays=ANNOUNCED.stays,
    ),
    "breach": ANNOUNCED,
    "campaign": GIVEN,
    "certificate": Kept(
        (Rows.by(storage.certificate.c.id),),
        restate=certificates.keep_anew,
        facts=ANNOUNCED.facts,
        stays=WITH_MATTERS.stays,
    ),
    "class": GIVEN,
    "contact_request": ANNOUNCED,
    "contact": Kept(stays="the contact points that it had", is_given=False),
    "division": Kept((Rows.by(division.c.code),)),
    "duty_report": WITH_MATTERS,
    "education": ANNOUNCED,
    "enrolment": ANNOUNCED,
    "enterprise": Kept((Rows.by(storage.enterprise.c.id),)),
    "honour": ANNOUNCED,
    "nomination": WITH_MATTERS,
    "person": Kept(
        (Rows.by(storage.person.c.id),), restate=people.keep_anew, facts=ANNOUNCED.facts, stays=ANNOUNCED.stays
    ),
    "post": WITH_MATTERS,
    "practice": GIVEN,
    "rollout_plan": GIVEN,
    "talent": GIVEN,
    "incident": WITH_MATTERS,
    "recommendation": ANNOUNCED,
    "shortfall": ANNOUNCED,
    "target": ANNOUNCED,
}
