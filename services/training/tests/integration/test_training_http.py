"""Over HTTP: classes moved and cancelled, outcomes revised, appeals, certificates suspended, trainers, the ledger."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from training_world import BEGIN, END, Offset, class_of, firm_id, know_people, person_id

from chassis.data import engine_for
from testkit import Client, divisions

DOCUMENT = {"reason": "示例理由", "document": "示例文号〔2026〕7号"}


@pytest.fixture
def offset(tmp_path):
    offset = Offset(tmp_path / "offset")
    offset.go_to(date(2026, 3, 2))
    return offset


@pytest.fixture
def service(running_service, offset):
    return running_service("training", process="api", clock_offset_file=offset.path)


@pytest.fixture
def database(service):
    return engine_for(service.settings["database_url"], "test")


@pytest.fixture
def people(database):
    with Session(database) as session, session.begin():
        divisions.place(session)
        return know_people(session, 2, ("220102", "220302"))


@pytest.fixture
def callers(service, token):
    """Clients by role: the centre, a bureau, the first person's firm, and another firm."""
    return {
        "centre": Client(service.url, token("training_centre")),
        "division": Client(service.url, token("division", division="220100")),
        "firm": Client(service.url, token("enterprise", enterprise=firm_id(0))),
        "stranger": Client(service.url, token("enterprise", enterprise=firm_id(1))),
    }


@pytest.fixture
def centre(callers):
    return callers["centre"]


def schedule(centre, people, **changes):
    body = json.loads(json.dumps(class_of(**changes), default=str))
    held = centre.call("POST", "/classes", 201, json=body)
    assert centre.call("POST", f"/classes/{held['id']}/nominations", json={"items": people})["refused"] == 0
    return held


def judge(centre, offset, people, scores):
    """Has all these attend a class and get these scores; their enrolments, in the order of `people`."""
    held = schedule(centre, people)
    path, ids = f"/classes/{held['id']}", [item["person_id"] for item in people]
    hours = [{"person_id": who, "block": b["name"], "hours": b["hours"]} for who in ids for b in held["blocks"]]
    centre.call("PUT", f"{path}/attendance", json={"items": hours})
    taken = [{"person_id": who, "score": score} for who, score in zip(ids, scores, strict=True)]
    centre.call("PUT", f"{path}/exam", json={"items": taken})
    offset.go_to(END)
    centre.call("POST", f"{path}/close")
    found = {one["person_id"]: one for one in centre.call("GET", f"{path}/enrolments")["items"]}
    return [found[who] for who in ids]


def announced(database, kind):
    with database.connect() as connection:
        return list(connection.scalars(text("SELECT data FROM outbox WHERE type = :kind ORDER BY seq"), {"kind": kind}))


def test_a_class_is_moved_and_cancelled_until_it_has_results_and_everybody_nominated_is_told(
    callers, centre, people, database
):
    held = schedule(centre, people)
    path, later = f"/classes/{held['id']}", {"reason": "示例", "ends_on": str(END + timedelta(days=1))}

    centre.call("PATCH", path, 428, json=later)
    centre.call("PATCH", path, 412, json=later, version=9)
    centre.call("PATCH", path, 422, json={"ends_on": later["ends_on"]}, version=1)
    assert centre.call("PATCH", path, 409, json={"reason": "示例", "ends_on": "2026-03-01"}, version=1)["detail"]
    callers["division"].call("PATCH", path, 403, json=later, version=1)
    moved = centre.call("PATCH", path, json=later, version=1)
    assert (moved["ends_on"], moved["version"]) == (later["ends_on"], 2)
    told = announced(database, "nomination.rescheduled.v1")
    assert {each["person_id"] for each in told} == {person_id(0), person_id(1)} and told[0]["ends_on"] == moved[
        "ends_on"
    ]

    centre.call("POST", f"{path}/cancel", 428, json={"reason": "示例"})
    callers["firm"].call("POST", f"{path}/cancel", 403, json={"reason": "示例"}, version=2)
    assert centre.call("POST", f"{path}/cancel", json={"reason": "示例"}, version=2)["status"] == "cancelled"
    assert len(announced(database, "nomination.cancelled.v1")) == 2
    centre.call("PATCH", path, 409, json={**later, "ends_on": str(END)}, version=3)
    centre.call("POST", f"{path}/cancel", 409, json={"reason": "示例"}, version=3)

    begun = schedule(centre, people)
    entered = {"items": [{"person_id": person_id(0), "block": begun["blocks"][0]["name"], "hours": 4}]}
    centre.call("PUT", f"/classes/{begun['id']}/attendance", json=entered)
    refused = {"reason": "示例", "starts_on": str(BEGIN - timedelta(days=1))}
    centre.call("PATCH", f"/classes/{begun['id']}", 409, json=refused, version=1)
    centre.call("POST", f"/classes/{begun['id']}/cancel", 409, json={"reason": "示例"}, version=1)


def test_an_outcome_is_appealed_against_revised_and_its_certificate_follows(callers, centre, people, offset, database):
    passed, failed = judge(centre, offset, people, [80, 40])
    path = f"/enrolments/{failed['id']}"

    # The second person's firm objects; the first one's may not, nor twice.
    grounds = {"grounds": "示例：登分有误"}
    callers["firm"].call("POST", f"{path}/appeals", 404, json=grounds)
    callers["stranger"].call("POST", f"{path}/appeals", 422, json={})
    appeal = callers["stranger"].call("POST", f"{path}/appeals", 201, json=grounds)
    callers["stranger"].call("POST", f"{path}/appeals", 409, json=grounds)
    assert [one["id"] for one in centre.call("GET", "/appeals?status=open")["items"]] == [appeal["id"]]
    decision = {"upheld": True, "decision": "示例：属实", "document": "示例文号〔2026〕8号"}
    decide = f"/appeals/{appeal['id']}/decide"
    centre.call("POST", decide, 428, json=decision)
    callers["division"].call("POST", decide, 403, json=decision, version=appeal["version"])
    assert centre.call("POST", decide, json=decision, version=appeal["version"])["status"] == "upheld"
    centre.call("POST", decide, 409, json=decision, version=appeal["version"] + 1)

    centre.call("POST", f"{path}/resit", 428, json={"score": 70})
    centre.call("POST", f"{path}/resit", 412, json={"score": 70}, version=9)
    centre.call("POST", f"/enrolments/{passed['id']}/resit", 409, json={"score": 70}, version=passed["version"])
    assert centre.call("POST", f"{path}/resit", json={"score": 70}, version=failed["version"])["passed"] is True
    assert {one["person_id"] for one in centre.call("GET", "/certificates")["items"]} == {person_id(0), person_id(1)}

    centre.call("POST", f"/enrolments/{passed['id']}/correct", 422, json=DOCUMENT, version=passed["version"])
    lower = {**DOCUMENT, "scores": [{"sitting": 1, "score": 30}]}
    callers["firm"].call("POST", f"/enrolments/{passed['id']}/correct", 403, json=lower, version=passed["version"])
    corrected = centre.call("POST", f"/enrolments/{passed['id']}/correct", json=lower, version=passed["version"])
    assert (corrected["passed"], len(announced(database, "certificate.revoked.v1"))) == (False, 1)
    assert [event["cause"] for event in announced(database, "enrolment.revised.v1")] == ["resit", "correction"]


def test_a_certificate_is_suspended_and_reinstated(callers, centre, people, offset):
    judge(centre, offset, people, [80, 80])
    [one] = callers["firm"].call("GET", "/certificates")["items"]
    path = f"/certificates/{one['id']}"

    centre.call("POST", f"{path}/suspend", 428, json=DOCUMENT)
    centre.call("POST", f"{path}/suspend", 412, json=DOCUMENT, version=9)
    centre.call("POST", f"{path}/suspend", 422, json={"reason": "示例"}, version=1)
    callers["division"].call("POST", f"{path}/suspend", 403, json=DOCUMENT, version=1)
    assert centre.call("POST", f"{path}/suspend", json=DOCUMENT, version=1)["status"] == "suspended"
    centre.call("POST", f"{path}/suspend", 409, json=DOCUMENT, version=2)
    centre.call("POST", f"{path}/renew", 409, version=2)
    callers["stranger"].call("GET", path, 404)
    assert callers["firm"].call("GET", path)["status"] == "suspended"

    document = {"document": "示例文号〔2026〕9号"}
    centre.call("POST", f"{path}/reinstate", 422, json={}, version=2)
    assert centre.call("POST", f"{path}/reinstate", json=document, version=2)["status"] == "valid"
    centre.call("POST", f"{path}/reinstate", 409, json=document, version=3)
    history = centre.call("GET", path)["history"]
    assert [line["decision"] for line in history] == ["issued", "suspended", "reinstated"]


def test_trainers_venues_and_the_ledger_by_kind(callers, centre, people):
    since = {"valid_from": "2026-01-01"}
    entry = {
        "name": "示例讲师甲",
        "employer": "示例大学",
        "blocks": ["update"],
        "document": "示例聘〔2026〕1号",
        **since,
    }
    callers["firm"].call("POST", "/trainers", 403, json=entry)
    trainer = centre.call("POST", "/trainers", 201, json=entry)
    place = {"name": "示例厅", "division": "220102", "address": "示例路1号", "seats": 60, **since}
    venue = centre.call("POST", "/venues", 201, json=place)
    there = {
        "kind": "continuing",
        "lengths": {"update": 8},
        "venue_id": venue["id"],
        "trainers": {"update": trainer["id"]},
    }
    centre.call("POST", "/classes", 409, json=json.loads(json.dumps(class_of(**there), default=str)))  # 500 places
    held = schedule(centre, people, **there, capacity=60)
    assert (held["blocks"][0]["trainer"], held["venue"]) == ("示例讲师甲", "示例厅（示例路1号）")
    assert held["warnings"] == [{"code": "no_plan", "about": ["2026"]}]
    both = class_of(**there, capacity=60, venue="示例路2号")
    centre.call("POST", "/classes", 422, json=json.loads(json.dumps(both, default=str)))
    centre.call("PATCH", f"/venues/{venue['id']}", 409, json={"seats": 59}, version=1)
    centre.call("PATCH", f"/trainers/{trainer['id']}", 428, json={"document": "x"})
    left = {"document": "示例聘〔2026〕2号", "valid_until": "2026-02-28"}
    assert centre.call("PATCH", f"/trainers/{trainer['id']}", json=left, version=1)["version"] == 2
    assert centre.call("GET", f"/trainers/{trainer['id']}")["hours_taught"] == {}
    assert centre.call("GET", "/trainers?on=2026-03-02")["items"] == []

    item = {"person_id": person_id(0), "year": 2026, "hours": 6, "document": "示例证明1号", "kind": "research"}
    [fault] = centre.call("POST", "/education", 422, json={"items": [{**item, "kind": "reading"}]})["errors"]
    assert fault["pointer"] == "/items/0/kind" and "research" in fault["kinds"]
    centre.call("POST", "/education", json={"items": [{**item, "evidence": "《示例质量》2026年第3期"}]})
    wrong = {**item, "hours": -2, "document": "示例更正1号"}
    callers["division"].call("POST", "/education", json={"items": [wrong]})
    year = callers["firm"].call("GET", f"/people/{person_id(0)}/education/2026")
    assert (year["total_hours"], year["required_hours"], year["completed_on"]) == (4, 16, None)
    assert [(entry["hours"], entry["document"]) for entry in year["entries"]] == [
        (6, "示例证明1号"),
        (-2, "示例更正1号"),
    ]
    callers["stranger"].call("GET", f"/people/{person_id(0)}/education/2026", 404)
    centre.call("GET", f"/people/{person_id(0)}/education/2025", 404)
    assert callers["firm"].call("GET", "/education/behind?year=2026")["items"] == []
