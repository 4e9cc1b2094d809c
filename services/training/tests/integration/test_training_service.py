"""The running service: HTTP in, the registry's events in, and a certificate's years played with a moved clock."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import pytest
import requests
from sqlalchemy import text
from sqlalchemy.orm import Session
from training_world import END, Offset, class_of, firm_id, know_people, person_id

from chassis.data import engine_for
from chassis.ids import new_id
from chassis.messaging import Envelope
from testkit import Client, divisions, publish

UNTIL = date(2029, 3, 12)


@pytest.fixture
def offset(tmp_path):
    offset = Offset(tmp_path / "offset")
    offset.go_to(date(2026, 3, 2))
    return offset


@pytest.fixture
def service(running_service, offset):
    return running_service("training", clock_offset_file=offset.path)


@pytest.fixture
def database(service):
    return engine_for(service.settings["database_url"], "test")


@pytest.fixture
def people(database):
    with Session(database) as session, session.begin():
        divisions.place(session)
        return know_people(session, 5, ("220102", "220302"))


@pytest.fixture
def centre(service, token):
    return Client(service.url, token("training_centre"))


def hold_class(centre, offset, people):
    """Has all these pass a class; their certificates, in the order of `people`."""
    content = json.loads(json.dumps(class_of(), default=str))
    training_class = centre.call("POST", "/classes", 201, json=content)
    path = f"/classes/{training_class['id']}"
    ids = [item["person_id"] for item in people]
    hours = [{"person_id": who, "block": b["name"], "hours": b["hours"]} for who in ids for b in content["blocks"]]
    assert centre.call("POST", f"{path}/nominations", json={"items": people})["refused"] == 0
    centre.call("PUT", f"{path}/attendance", json={"items": hours})
    centre.call("PUT", f"{path}/exam", json={"items": [{"person_id": who, "score": 80} for who in ids]})
    offset.go_to(END)
    assert centre.call("POST", f"{path}/close")["passed"] == len(people)
    listed = {c["person_id"]: c for c in centre.call("GET", "/certificates")["items"]}
    return [listed[who] for who in ids]


class Ledger:
    """What the service has announced and has still to do, read from its database."""

    def __init__(self, database, wait_until):
        self.database, self.wait_until = database, wait_until

    def rows(self, statement, **values):
        with self.database.connect() as connection:
            return connection.execute(text(statement), values).all()

    def settle(self, day):
        """Waits until nothing that was due by that day is still to be done."""
        overdue = "SELECT FROM due WHERE state = 'planned' AND due_on <= :day"
        self.wait_until(lambda: not self.rows(overdue, day=day), 20)

    def reminders(self):
        """How often each reminder of each certificate was announced."""
        rows = self.rows("SELECT aggregate_id, data FROM outbox WHERE type = 'certificate.expiring.v1'")
        return Counter((row.aggregate_id, row.data["days_left"]) for row in rows)

    def subjects(self, kind):
        return [row.aggregate_id for row in self.rows("SELECT aggregate_id FROM outbox WHERE type = :kind", kind=kind)]


@pytest.fixture
def ledger(database, wait_until):
    return Ledger(database, wait_until)


def test_each_reminder_goes_out_once_on_its_day_and_the_end_on_the_day_after(centre, offset, people, ledger):
    renewed, revoked, left, *_ = hold_class(centre, offset, people)
    taken = {"person_id": renewed["person_id"], "hours": 16, "document": "示例继续教育证明1号"}
    education = [{**taken, "year": year} for year in (2027, 2028)]
    offset.go_to(date(2028, 10, 8))
    centre.call("POST", "/education", json={"items": education})
    assert ledger.reminders() == {}

    for days in (90, 60, 30, 7, 0):
        offset.go_to(UNTIL - timedelta(days=days))
        ledger.settle(UNTIL - timedelta(days=days))
        if days == 60:
            centre.call("POST", f"/certificates/{renewed['id']}/renew", version=3)
        if days == 30:
            reason = {"reason": "示例：申报材料不实", "document": "示例文号〔2029〕1号"}
            centre.call("POST", f"/certificates/{revoked['id']}/revoke", version=4, json=reason)
    offset.go_to(UNTIL + timedelta(days=2))
    ledger.settle(UNTIL + timedelta(days=2))

    found = ledger.reminders()
    assert set(found.values()) == {1}
    sent = {one["id"]: [days for (about, days) in found if about == one["id"]] for one in (renewed, revoked, left)}
    assert {key: sorted(days, reverse=True) for key, days in sent.items()} == {
        renewed["id"]: [90, 60],
        revoked["id"]: [90, 60, 30],
        left["id"]: [90, 60, 30, 7, 0],
    }
    expired = ledger.subjects("certificate.expired.v1")
    assert len(expired) == 3 and left["id"] in expired and not {renewed["id"], revoked["id"]} & set(expired)
    states = {c["id"]: c["status"] for c in centre.call("GET", "/certificates")["items"]}
    assert [states[one["id"]] for one in (renewed, revoked, left)] == ["valid", "revoked", "expired"]


def test_after_an_outage_across_several_reminders_only_the_tightest_goes_out(
    centre, service, offset, people, ledger, token
):
    hold_class(centre, offset, people)
    service.kill()
    offset.go_to(UNTIL - timedelta(days=20))
    service.start()
    ledger.settle(UNTIL - timedelta(days=20))

    # Of the 30-days reminder, which is 10 days late: the days that are left.
    assert Counter(days for _, days in ledger.reminders().elements()) == {20: 5}
    proof = Client(service.url, token("ops")).call(
        "GET", f"/certificates/notices-due?until={UNTIL - timedelta(days=20)}"
    )["items"]
    assert Counter((row["days_left"], row["state"], row["event_id"] is not None) for row in proof) == {
        (90, "superseded", False): 5,
        (60, "superseded", False): 5,
        (30, "done", True): 5,
    }


def test_an_outage_over_the_last_day_leaves_no_reminder_without_a_word_of_what_replaced_it(
    centre, service, offset, people, ledger, token
):
    hold_class(centre, offset, people)
    offset.go_to(UNTIL - timedelta(days=7))
    ledger.settle(UNTIL - timedelta(days=7))
    service.kill()
    offset.go_to(UNTIL + timedelta(days=1))
    service.start()
    ledger.settle(UNTIL + timedelta(days=1))

    proof = Client(service.url, token("ops")).call("GET", f"/certificates/notices-due?since={UNTIL}")["items"]
    ends = {str(row.id) for row in ledger.rows("SELECT id FROM outbox WHERE type = 'certificate.expired.v1'")}
    print(f"\n{len(proof)} day-0 reminders, not announced and not replaced {sum(not told(row) for row in proof)}")
    assert len(proof) == 5 == len(ends)
    assert {(row["days_left"], row["state"], row["replaced_by_type"]) for row in proof} == {
        (0, "superseded", "certificate.expired.v1")
    }
    assert {row["replaced_by"] for row in proof} == ends


def told(row):
    return row["event_id"] or row.get("replaced_by")


def test_an_outage_beyond_the_end_announces_the_end_alone(centre, service, offset, people, ledger, token):
    hold_class(centre, offset, people[:1])
    service.kill()
    offset.go_to(UNTIL + timedelta(days=10))
    service.start()
    ledger.settle(UNTIL + timedelta(days=10))

    assert ledger.reminders() == {}
    assert len(ledger.subjects("certificate.expired.v1")) == 1
    proof = Client(service.url, token("ops")).call("GET", "/certificates/notices-due")["items"]
    assert [(row["state"], row["event_id"]) for row in proof] == [("superseded", None)] * 5
    [certificate] = centre.call("GET", "/certificates")["items"]
    history = centre.call("GET", f"/certificates/{certificate['id']}")["history"]
    assert [(line["decision"], line["on"]) for line in history] == [("issued", "2026-03-13"), ("expired", "2029-03-13")]


def test_what_the_registry_announces_is_known_and_may_change(service, centre, wait_until, amqp_url):
    def event(kind, subject, sequence, data):
        at = datetime(2026, 3, 2, 1, tzinfo=UTC)
        return Envelope(new_id(), "/registry", kind, subject, at, sequence, data, "220102", new_id())

    firm = {"enterprise_id": "f1", "uscc": "91220102000000014C", "name": "示例企业", "division": "220102", "more": 1}
    person = {"person_id": "p1", "name": "李明", "division": "220102", "enterprise_id": "f0", "on": "2026-03-02"}
    announced = [
        event("person.changed.v1", "p1", 2, {**person, "enterprise_id": "f1"}),
        event("person.registered.v1", "p1", 1, person),
        event("enterprise.registered.v1", "f1", 1, firm),
    ]
    publish(amqp_url, *announced, *announced)
    training_class = centre.call("POST", "/classes", 201, json=json.loads(json.dumps(class_of(), default=str)))
    nominee = {"items": [{"enterprise_id": "f1", "person_id": "p1"}]}

    def accepted():
        return centre.call("POST", f"/classes/{training_class['id']}/nominations", json=nominee)["accepted"]

    assert wait_until(accepted, 20) == 1


def test_a_wrong_request_changes_nothing_and_says_what_is_wrong(service, centre, people, offset, token, ledger):
    [certificate] = hold_class(centre, offset, people[:1])
    path = f"/certificates/{certificate['id']}"
    before = ledger.rows("SELECT count(*) FROM outbox")
    good = json.loads(json.dumps(class_of(), default=str))

    centre.call("POST", f"{path}/renew", 428)
    centre.call("POST", f"{path}/renew", 412, version=9)
    assert centre.call("POST", f"{path}/renew", 409, version=1)["opens"] == "2028-12-12"
    centre.call("POST", f"{path}/revoke", 422, version=1, json={"reason": "示例"})
    centre.call("POST", "/classes", 422, json={**good, "blocks": good["blocks"][:2]})
    centre.call("POST", "/classes", 422, json={**good, "ends_on": "2026-03-01"})
    centre.call("POST", "/classes", 422, json={**good, "capacity": "many"})
    centre.call("POST", "/classes", 422, json={**good, "colour": "red"})
    centre.call("POST", "/plans", 403, json={"year": 2026, "focus": "x", "syllabus": "y", "document": "z"})
    Client(service.url).call("GET", "/certificates", 401)
    Client(service.url, token("enterprise", enterprise=firm_id(0))).call(
        "POST", f"{path}/revoke", 403, version=1, json={}
    )
    Client(service.url, token("division", division="220300")).call("GET", path, 404)

    assert ledger.rows("SELECT count(*) FROM outbox") == before


def test_refusals_are_told_in_the_callers_language_and_anybody_may_verify_a_certificate(
    service, centre, people, offset, token
):
    [certificate] = hold_class(centre, offset, people[:1])
    reason = Client(service.url, token("training_centre"), language="zh").call(
        "POST", f"/certificates/{certificate['id']}/renew", 409, version=1
    )
    asked = urlencode({"number": certificate["number"], "name": certificate["name"]})
    verified = Client(service.url).call("GET", f"/certificates/verify?{asked}")
    explained = centre.call("GET", f"/certificates/{certificate['id']}/explain")

    assert "续期窗口" in reason["detail"]
    assert verified == {
        "number": certificate["number"],
        "genuine": True,
        "status": "valid",
        "valid_until": str(UNTIL),
    }
    assert explained["decisions"][0]["ruleset"] == {
        "version": 1,
        "effective_from": "2013-09-18",
        "document": "吉质联办〔2013〕10号",
    }
    assert [criterion["met"] for criterion in explained["decisions"][0]["criteria"]] == [True] * 3


def test_anybody_may_check_a_certificate_on_a_page_and_learns_no_more_than_was_asked(service, centre, people, offset):
    [certificate] = hold_class(centre, offset, people[:1])
    pages = {}
    for what, name in (("form", None), ("right", certificate["name"]), ("wrong", "<b>王小红</b>")):
        asked = f"?{urlencode({'number': certificate['number'], 'name': name})}" if name else ""
        pages[what] = requests.get(f"{service.url}/verify{asked}", timeout=10)

    assert {page.status_code for page in pages.values()} == {200}
    assert all(page.headers["Cache-Control"] == "no-store" for page in pages.values())
    assert "script" not in pages["form"].text and "查验结果" not in pages["form"].text
    assert "有效 valid" in pages["right"].text and str(UNTIL) in pages["right"].text
    assert not any(
        known in pages["right"].text for known in (certificate["id"], certificate["enterprise_id"], "220102")
    )
    assert "not found" in pages["wrong"].text and "<b>" not in pages["wrong"].text


def test_a_plan_is_decided_by_the_province_and_every_revision_stays(service, token, centre, people):
    province = Client(service.url, token("province"))
    plan = {"year": 2026, "focus": "质量安全主体责任", "syllabus": "大纲 2024 版", "document": "示例文号〔2026〕2号"}
    province.call("POST", "/plans", 201, json=plan)
    province.call("POST", "/plans", 201, json={**plan, "syllabus": "大纲 2026 版"})

    revisions = [(one["revision"], one["syllabus"]) for one in centre.call("GET", "/plans?year=2026")["items"]]
    assert revisions == [(2, "大纲 2026 版"), (1, "大纲 2024 版")]
    content = json.loads(json.dumps(class_of(quotas={"220100": 3}), default=str))
    scheduled = centre.call("POST", "/classes", 201, json=content)
    assert (scheduled["syllabus"], scheduled["quotas"]) == ("大纲 2026 版", {"220100": 3})


def test_a_year_of_education_is_read_by_its_holder_and_by_nobody_elsewhere(service, token, centre, people):
    item = {"person_id": person_id(0), "year": 2026, "hours": 6, "document": "示例继续教育证明1号"}
    path = f"/people/{person_id(0)}/education"
    centre.call("POST", "/education", json={"items": [item]})

    assert Client(service.url, token("cqo", person=person_id(0))).call("GET", path)[0]["total_hours"] == 6
    Client(service.url, token("cqo", person=person_id(1))).call("GET", path, 404)
    elsewhere = Client(service.url, token("division", division="220300"))
    of_another = elsewhere.call("POST", "/education", 422, json={"items": [item]})
    of_nobody = elsewhere.call("POST", "/education", 422, json={"items": [{**item, "person_id": new_id()}]})
    assert of_another["errors"] == of_nobody["errors"]
