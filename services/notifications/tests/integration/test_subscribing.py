"""A subscriber of the running service: from the draft to its feed, through crashes, and nothing of anybody else's."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from notice_world import tree
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from subscription_world import CERTIFICATES

from chassis.clock import day_of
from testkit import Client, publish

ASKED = {
    "name": "证书状态",
    "contact_email": "ops@tax.example",
    "legal_basis": "示例数据共享办法第三条",
    "purpose": "核验任职资格",
    "events": CERTIFICATES,
    "ends_on": "2199-12-31",
}
NUMBER = 40  # certificates
CLAIMS = {"division": {"division": "220100"}, "enterprise": {"enterprise": "e"}, "cqo": {"person": "p"}}
OTHER_ROLES = ("province", "division", "enterprise", "cqo", "training_centre", "ops", "auditor", "service")


class Service:
    """The running service, and who asks it."""

    def __init__(self, running, token):
        self.running, self.token = running, token

    def system(self, subscriber):
        return Client(self.running.url, self.token("system", subscriber=subscriber))

    def other(self, role="province", **claims):
        return Client(self.running.url, self.token(role, **{**CLAIMS.get(role, {}), **claims}))

    def subscription(self, subscriber):
        """One that was approved."""
        drafted = self.system(subscriber).post("/subscriptions", ASKED)
        submitted = self.system(subscriber).post(f"/subscriptions/{drafted['id']}/submission")
        return self.other().post(f"/subscriptions/{drafted['id']}/approval", version=submitted["version"])


@pytest.fixture
def start(running_service, token):
    """`start()`: the whole service; `start("api")`: its API alone."""

    def run(process=None):
        running = running_service("notifications", process, smtp_url="smtp://127.0.0.1:9", smtp_connections=1)
        return Service(running, token)

    return run


def fetch(client, found, after=0, limit=7):
    """All events after a sequence, page by page."""
    events = []
    while True:
        answer = client.send("GET", f"/subscriptions/{found['id']}/events", params={"after": after, "limit": limit})
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "application/cloudevents-batch+json"
        page = answer.json()
        events += page
        if len(page) < limit:
            return events
        after = page[-1]["feedsequence"]


def test_five_fold_delivery_and_killed_workers_give_each_event_once_and_in_order(start, world, topology, wait_until):
    service = start()
    bureau, found = service.system("tax-bureau"), service.subscription("tax-bureau")
    assert found["state"] == "live" and found["contact_email"] == "o***@tax.example"
    firm = world.firm()
    person = world.person(firm)
    certificates = [world.certificate(person) for _ in range(NUMBER)]
    revoked = [world.revoked(each) for each in certificates]
    publish(topology, *tree(), firm, person)
    for number in range(5):
        publish(topology, *certificates[number * 8 :], *certificates[: number * 8], *revoked)
        if number in (1, 3):
            service.running.kill()
            service.running.start()
    publish(topology, world.certificate(person))  # it comes after all that, and after whatever came twice

    wait_until(lambda: len(fetch(bureau, found)) > 2 * NUMBER, 40)
    given = fetch(bureau, found)
    assert [event["feedsequence"] for event in given] == list(range(1, 2 * NUMBER + 2))
    kinds = {"certificate.issued.v1": NUMBER + 1, "certificate.revoked.v1": NUMBER}
    assert Counter(event["type"] for event in given) == kinds
    last = Counter()
    for event in given:
        last[event["partitionkey"]] += 1
        assert event["sequence"] == last[event["partitionkey"]]

    status = bureau.get(f"/subscriptions/{found['id']}/status")
    assert (status["last_sequence"], status["kept"]) == (81, 81)
    assert status["behind"] == 81 - status["fetched_sequence"]
    approved_on = day_of(datetime.fromisoformat(found["approved_at"]))
    days = [approved_on, approved_on + timedelta(days=1)]  # it may be midnight
    made = [bureau.send("GET", f"/subscriptions/{found['id']}/manifests/{day}").json().get("types", {}) for day in days]
    assert [each["count"] for types in made for each in types.values()] == list(kinds.values())
    for kind in kinds:
        ids = "".join(f"{event['id']}\n" for event in given if event["type"] == kind)
        assert made[0][kind]["sha256"] == sha256(ids.encode()).hexdigest()


def test_another_subscriber_gets_at_nothing_of_it_and_no_other_role_at_its_events(start):
    service = start("api")
    found = service.subscription("tax-bureau")
    police, here = service.system("police"), f"/subscriptions/{found['id']}"
    asked = {
        ("GET", ""): None,
        ("GET", "/events"): None,
        ("GET", "/status"): None,
        ("GET", f"/manifests/{found['approved_at'][:10]}"): None,
        ("PATCH", ""): {"name": "x"},
        ("POST", "/submission"): None,
        ("POST", "/pause"): {"reason": "x"},
        ("POST", "/resumption"): None,
        ("POST", "/ending"): {"reason": "x"},
    }
    version = {"If-Match": f'"{found["version"]}"'}
    answers = {
        (method, path): police.send(method, here + path, json=body, headers=version).status_code
        for (method, path), body in asked.items()
    }
    assert answers == dict.fromkeys(asked, 404)
    assert police.get("/subscriptions")["items"] == []
    assert police.send("POST", f"{here}/approval", headers=version).status_code == 403
    assert police.send("POST", f"{here}/refusal", json={"reason": "x"}).status_code == 403
    assert police.send("POST", "/subscriptions", json={**ASKED, "subscriber": "tax-bureau"}).status_code == 422

    assert {service.other(role).send("GET", f"{here}/events").status_code for role in OTHER_ROLES} == {403}
    limited = service.other(division="220100")
    assert limited.send("GET", here).status_code == 404
    assert limited.send("POST", "/subscriptions", json={**ASKED, "subscriber": "x"}).status_code == 403

    bureau = service.system("tax-bureau")
    bureau.post(f"{here}/pause", {"reason": "维护"})
    answer = bureau.send("GET", f"{here}/events")
    assert answer.status_code == 409 and answer.json()["state"] == "paused"
    bureau.post(f"{here}/resumption")
    assert fetch(bureau, found) == []


def test_a_token_of_role_system_reads_nothing_by_itself_but_what_there_is_to_subscribe_to(start, token):
    service = start("api")
    bureau = service.system("tax-bureau")
    paths = ("/events", "/events/digest", "/events/kept", "/notices", "/notices/summary", "/rulesets", "/ops/state")
    assert {bureau.send("GET", path).status_code for path in paths} == {403}
    nameless = Client(service.running.url, token("system", subscriber=None))
    assert nameless.send("GET", "/subscriptions").status_code == 403

    listed = {each["type"] for each in bureau.get("/catalogue")["items"]}
    assert "certificate.issued.v1" in listed
    assert not [kind for kind in listed if kind.startswith("contact.") or "_audit." in kind]
    found = bureau.get("/catalogue/certificate.issued.v1")
    assert found["fields"] == list(found["schema"]["properties"])
    assert found["example"]["type"] == "certificate.issued.v1"
    assert bureau.send("GET", "/catalogue/contact.changed.v1").status_code == 404


def test_the_sweep_ends_what_is_over(start, wait_until):
    service = start()
    found = service.subscription("tax-bureau")
    engine = create_engine(make_url(service.running.settings["database_url"]).set(drivername="postgresql+psycopg"))
    with engine.begin() as database:
        database.execute(text("UPDATE subscription SET ends_on = current_date - 2"))
        database.execute(text("UPDATE due SET due_on = current_date - 1 WHERE kind = 'subscription.over'"))
    engine.dispose()

    def is_ended():
        return service.system("tax-bureau").get(f"/subscriptions/{found['id']}")["state"] == "ended"

    assert wait_until(is_ended, 10)
