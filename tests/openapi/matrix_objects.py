"""The objects of each side in each service: what the matrix of roles is tried on.

An object that a new endpoint names comes in here, into the side's `known`, by the name that addresses and bodies have
for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from matrix_register import fill_registry
from matrix_world import END, NOW, TODAY, Side, World
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.ids import new_id
from chassis.messaging import Envelope
from reporting.handlers import appointments as reported_appointments
from reporting.handlers import enterprises as reported_enterprises
from testkit import divisions

BLOCKS = {"cqo_system": 16, "quality_safety_law": 12, "advanced_methods": 12}


def fill_training(world: World, all_sides: tuple[Side, ...]) -> None:
    """One class that was held, which the second of each side failed, and one to come, for which they are nominated."""
    province, pairs = world.call(all_sides[0]), [_pair(side) for side in all_sides]
    with world.session() as session, session.begin():
        divisions.place(session)
        # No worker runs here that would make one.
        session.execute(text("INSERT INTO status_list VALUES (0, '', false, 'a.b.c', now())"))
        for side, people in zip(all_sides, pairs, strict=True):
            firm = {"id": side.known["enterprise_id"], "name": f"{side.mark}企业", "division": side.county}
            session.execute(text("INSERT INTO enterprise VALUES (:id, :name, :division)"), firm)
            for number, who in enumerate(people):
                person = {**firm, "firm": firm["id"], "id": who["person_id"], "name": f"{side.mark}李明{number}"}
                session.execute(text("INSERT INTO person VALUES (:id, :name, :division, :firm)"), person)
    since = {"valid_from": "2026-01-01"}
    hall = {"name": "示例厅", "division": all_sides[0].county, "address": "示例路1号", "seats": 60, **since}
    teacher = {"name": "示例讲师", "employer": "示例大学", "blocks": [*BLOCKS], "document": "示例聘", **since}
    venue, trainer = province.post("/venues", hall)["id"], province.post("/trainers", teacher)["id"]
    held = _class(province, "2026-03-09", str(END), "2026年春季班", venue)
    everybody = [who for people in pairs for who in people]
    province.post(f"/classes/{held}/nominations", {"items": everybody})
    hours = [{"person_id": who["person_id"], "block": b, "hours": h} for who in everybody for b, h in BLOCKS.items()]
    province.put(f"/classes/{held}/attendance", {"items": hours})
    scores = [
        {"person_id": who["person_id"], "score": score}
        for people in pairs
        for who, score in zip(people, (80, 40), strict=True)
    ]
    province.put(f"/classes/{held}/exam", {"items": scores})
    world.go_to(END)
    province.post(f"/classes/{held}/close")
    coming = _class(province, "2026-06-08", "2026-06-12", "2026年夏季班", venue)
    province.post(f"/classes/{coming}/nominations", {"items": [people[1] for people in pairs]})
    certificates = {each["person_id"]: each["id"] for each in province.all("/certificates")}
    enrolled = {each["person_id"]: each["id"] for each in province.all(f"/classes/{held}/enrolments")}
    nominated = {each["person_id"]: each["id"] for each in province.all(f"/classes/{coming}/nominations")}
    for side, (first, second) in zip(all_sides, pairs, strict=True):
        taken = {"person_id": first["person_id"], "year": 2026, "hours": 8, "document": f"{side.mark}证明"}
        province.post("/education", {"items": [taken]})
        enrolment = enrolled[second["person_id"]]
        appeal = province.post(f"/enrolments/{enrolment}/appeals", {"grounds": f"{side.mark}登分有误"})
        side.known |= {
            "class_id": coming,
            "venue_id": venue,
            "trainer_id": trainer,
            "certificate_id": certificates[first["person_id"]],
            "enrolment_id": enrolment,
            "nomination_id": nominated[second["person_id"]],
            "appeal_id": appeal["id"],
        }


def _pair(side: Side) -> list[dict[str, str]]:
    people = (side.known["person_id"], side.second["person_id"])
    return [{"enterprise_id": side.known["enterprise_id"], "person_id": who} for who in people]


def _class(province: Any, begins: str, ends: str, name: str, venue: str) -> str:
    blocks = [{"name": block, "hours": hours, "trainer": "示例讲师"} for block, hours in BLOCKS.items()]
    days = {"starts_on": begins, "ends_on": ends}
    made = {"name": name, "kind": "initial", "capacity": 50, "blocks": blocks, "venue_id": venue, **days}
    return str(province.post("/classes", made)["id"])


def fill_notifications(world: World, all_sides: tuple[Side, ...]) -> None:
    """A notice to the firm, one to its CQO and one to its county; the parameters name that to the firm. And robots.

    One audit of coverage has found that the letters of all sides failed.
    """
    run = new_id()
    with world.session() as session, session.begin():
        divisions.place(session)
        session.execute(text(AUDITED), {"run": run, "day": NOW.date(), "now": NOW})
        for side in all_sides:
            recipients = {"enterprise": "enterprise_id", "person": "person_id", "division": "division"}
            for kind, name in recipients.items():
                _notice(session, side, kind, side.known[name], run)
            side.known |= {"recipient_kind": "enterprise", "recipient_id": side.known["enterprise_id"], "run_id": run}
    robot = {"kind": "dingtalk", "url": "https://oapi.dingtalk.com/robot/send?access_token=0"}
    for side in all_sides:
        world.call(side).put(f"/robots/{side.known['division']}", robot)
        _subscribe(world.call(side), side)
        with world.session() as session, session.begin():
            session.execute(text(GIVEN), {"id": side.known["subscription_id"], "body": f'"{side.mark}"', "at": NOW})
            session.execute(text(BY_WEBHOOK), {"id": side.known["subscription_id"], "mark": side.mark})
        _deliver(world, side)


GIVEN = """
    WITH given AS (
        INSERT INTO subscription_event VALUES
            (:id, 1, 0, 'e', '/training', 'certificate.issued.v1', 's', 'certificate:s', :at, :body, false, :at)
    )
    UPDATE subscription SET next_sequence = 2 WHERE id = :id
"""


BY_WEBHOOK = """
    WITH attempt AS (
        INSERT INTO webhook_log VALUES (
            'log' || CAST(:id AS text), :id, now(), 1, 1, jsonb_build_array(jsonb_build_object(
                'sequence', 1, 'number', 1, 'at', now(), 'milliseconds', 1, 'response', CAST(:mark AS text)))
        )
    ), waits AS (
        INSERT INTO webhook_waiting VALUES (:id, 1, 'certificate:s', 'retrying', 1, now())
    )
    UPDATE subscription SET way = 'webhook', target = jsonb_build_object('url', 'https://example.cn/' || id)
    WHERE id = :id
"""
SAID = """UPDATE webhook_errand SET answer = jsonb_build_object('fault', CAST(:mark AS text)) WHERE id = :id"""


def _deliver(world: World, side: Side) -> None:
    """A key of the side's, and a test event whose answer bears its mark; the subscription is by webhook from now on."""
    province, path = world.call(side), f"/subscriptions/{side.known['subscription_id']}"
    side.known["key_id"] = province.post(f"{path}/keys", {})["id"]
    side.known["errand_id"] = province.post(f"{path}/test")["id"]
    side.known["sequence"] = "1"
    with world.session() as session, session.begin():
        session.execute(text(SAID), {"id": side.known["errand_id"], "mark": side.mark})


def _subscribe(province: Any, side: Side) -> None:
    """A live subscription of the side's system, with an event of its own."""
    asked = {
        "name": side.mark,
        "subscriber": side.subscriber,
        "contact_email": f"s@{side.contact_point}",
        "legal_basis": side.mark,
        "purpose": side.mark,
        "events": {"certificate.issued.v1": ["number"]},
        "ends_on": "2027-03-01",
    }
    made = province.post("/subscriptions", asked)
    submitted = province.post(f"/subscriptions/{made['id']}/submission")
    province.post(f"/subscriptions/{made['id']}/approval", version=submitted["version"])
    side.known |= {"subscription_id": made["id"], "subscriber": side.subscriber}


AUDITED = (
    "INSERT INTO coverage_run (id, days, done, nightly, asked_by, asked_at, ended_at)"
    " VALUES (:run, ARRAY[:day]::date[], 1, false, 'wang', :now, :now)"
)
DIFFERENCE = (
    "INSERT INTO coverage_gap (run_id, day, due_on, kind, reason, subject, recipient_kind, recipient_id, channel,"
    " division, cause_id, notice_id, delivery_id, detail, found_at)"
    " VALUES (:run, :day, :day, 'appointment_made', 'failed', :about, :kind, :recipient, 'email', :division, :cause,"
    " :notice, :delivery, :mark, :now) RETURNING id"
)


def _notice(session: Session, side: Side, kind: str, recipient: str, run: str) -> None:
    """A notice of the side's with a letter that failed, which the audit `run` has found."""
    values = {
        "cause": new_id(),
        "notice": new_id(),
        "delivery": new_id(),
        "run": run,
        "now": NOW,
        "day": NOW.date(),
        "kind": kind,
        "recipient": recipient,
        "division": side.county,
        "person": side.known["person_id"],
        "firm": side.known["enterprise_id"],
        "mark": side.mark,
    }
    values["about"] = f"event:{values['cause']}"
    for statement in (
        "INSERT INTO cause"
        " (id, type, subject, occurred_at, received_at, division, person_id, enterprise_id, data, ruleset) VALUES"
        " (:cause, 'appointment.made.v1', :firm, :now, :now, :division, :person, :firm, '{}', 1)",
        "INSERT INTO notice"
        " (id, cause_id, kind, about, due_on, recipient_kind, recipient_id, division, subject, body, created_at) VALUES"
        " (:notice, :cause, 'appointment_made', :about, :day, :kind, :recipient, :division, :mark, :mark, :now)",
        "INSERT INTO delivery (id, version, notice_id, channel, state, attempts, maybe_repeated, answer)"
        " VALUES (:delivery, 1, :notice, 'email', 'failed', 3, 0, '550')",
        "INSERT INTO delivery (id, version, notice_id, channel, state, attempts, maybe_repeated)"
        " VALUES (gen_random_uuid(), 1, :notice, 'in_app', 'sent', 0, 0)",
    ):
        session.execute(text(statement), values)
    gap = session.scalar(text(DIFFERENCE), values)
    own = {"notice_id": values["notice"], "delivery_id": values["delivery"], "cause_id": values["cause"]}
    own |= {"gap_id": str(gap)}
    (side.known if kind == "enterprise" else side.second).update(own)


def fill_reporting(world: World, all_sides: tuple[Side, ...]) -> None:
    with world.session() as session, session.begin():
        divisions.place(session)
        for side in all_sides:
            _report(session, side)
    for side in all_sides:
        _fill_report(world.call(side), side)


def _report(session: Session, side: Side) -> None:
    firm, known = side.known["enterprise_id"], side.known
    flags = {"above_threshold": True, "award_contender": True, "brand_contender": False}
    said = {"enterprise_id": firm, "on": date(2019, 1, 1), "name": f"{side.mark}企业", "division": side.county}
    changed = reported_enterprises.EnterpriseChanged(industry="C36", **said, **flags)
    reported_enterprises.record_changes(session, [_envelope("enterprise.registered.v1", firm, changed)])
    made = reported_appointments.AppointmentChanged(known["appointment_id"], firm, known["person_id"], TODAY)
    event = _envelope("appointment.made.v1", known["appointment_id"], made)
    reported_appointments.record_statuses(session, [event])


def _envelope(kind: str, subject: str, data: object) -> Envelope[Any]:
    return Envelope(new_id(), "/registry", kind, subject, NOW, 1, data)


def _fill_report(province: Any, side: Side) -> None:
    known, mark = side.known, side.mark
    if side.mark == "邻方":
        return  # what the county itself does is not done twice
    of = {"division": side.county, "document": f"{mark}〔2026〕1号"}
    days = {"starts_on": str(TODAY), "ends_on": "2026-04-30"}
    taking_part = {"items": [{"enterprise_id": known["enterprise_id"], "person_id": known["person_id"]}]}
    honour = {"kind": "excellent_cqo", "enterprise_id": known["enterprise_id"], "person_id": known["person_id"]}
    practice = {"enterprise_id": known["enterprise_id"], "industry": "C36", "title": mark, "paragraphs": [mark]}
    measures = [{"name": mark, "due_on": "2026-06-30"}]
    campaign = province.post("/campaigns", {**of, **days, "kind": "exchange", "title": mark})["id"]
    province.post(f"/campaigns/{campaign}/participants", taking_part)
    known |= {
        "target_id": province.post("/targets", {**of, "year": 2026, "population": "award", "percent": 100})["id"],
        "plan_id": province.post("/rollout-plans", {**of, "year": 2026, "measures": measures})["id"],
        "campaign_id": campaign,
        "honour_id": province.post("/honours", {**of, **honour, "title": mark, "valid_from": str(TODAY)})["id"],
        "practice_id": province.post("/practices", {**practice, "division": side.county})["id"],
    }


FILL: dict[str, Callable[[World, tuple[Side, ...]], None]] = {
    "registry": fill_registry,
    "training": fill_training,
    "notifications": fill_notifications,
    "reporting": fill_reporting,
}


PARK = """
    INSERT INTO inbox_parked (aggregate, version, type, event, reason, state, parked_at)
    VALUES (:aggregate, 1, 'person.registered.v1', CAST(:event AS jsonb), 'unreadable', 'waiting', :now) RETURNING id
"""


def park(session: Session, side: Side) -> None:
    """An event about the side's firm that could not be applied."""
    subject = side.known["person_id"]
    event = {"id": new_id(), "source": "/registry", "type": "person.registered.v1", "specversion": "1.0"}
    event |= {"subject": subject, "time": NOW.isoformat(), "sequence": 1, "division": side.county}
    event["data"] = {"person_id": subject, "name": f"{side.mark}李明", "enterprise_id": side.known["enterprise_id"]}
    values = {"aggregate": f"person:{side.mark}", "event": json.dumps(event), "now": NOW}
    side.known["parked_id"] = str(session.execute(text(PARK), values).scalar_one())
