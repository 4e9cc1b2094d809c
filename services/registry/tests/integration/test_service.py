"""The running service: HTTP in, events in, and what is kept and answered."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from registry_world import appointment_in_json, id_number, uscc, workbook
from sqlalchemy import text

from chassis.data.database import engine_for
from chassis.ids import new_id
from chassis.messaging import Envelope
from registry.adapters.enterprise_list import COLUMNS
from registry.seed import seed
from testkit import Client, publish
from testkit.client import XLSX

HEADERS = [column.header for column in COLUMNS]


@pytest.fixture
def service(running_service):
    return running_service("registry")


@pytest.fixture
def province(service, token):
    return Client(service.url, token("province"))


@pytest.fixture
def seeded(service, province):
    """The shipped divisions, placed in the service's own database as the deploy step would."""
    seed(service.settings["database_url"])
    return province


def sheet(*serials):
    rows = [
        [
            uscc(n),
            f"示例企业{n}",
            "220102",
            "C36",
            "是",
            "否",
            "否",
            "王强",
            "",
            "13800000001",
            f"q{n}@firm.example",
            date(2010, 5, 4),
        ]
        for n in serials
    ]
    return workbook(HEADERS, rows)


def post_workbook(client, path, content, expected=200):
    return client.call("POST", path, expected, data=content, headers={"Content-Type": XLSX})


def test_a_workbook_is_imported_once_and_a_bad_row_is_reported(seeded):
    first = post_workbook(seeded, "/enterprises/import", sheet(1, 2, 1))
    again = post_workbook(seeded, "/enterprises/import", sheet(1, 2, 1))

    assert (first["created"], again["created"], again["unchanged"]) == (2, 0, 2)
    assert first["rejected"][0] | {"reason": ""} == {
        "row": 4,
        "column": "统一社会信用代码",
        "letter": "A",
        "reason": "",
    }
    listed = seeded.call("GET", "/enterprises?limit=1&division=220100", 200)
    assert len(listed["items"]) == 1 and listed["next"]
    assert listed["items"][0]["phone"] == "138****0001"


def test_a_file_that_is_no_workbook_is_refused(seeded):
    assert post_workbook(seeded, "/enterprises/import", b"PK\x03\x04 nonsense", 422)["errors"]


def test_a_division_sees_its_own_subtree_only(seeded, service, token):
    post_workbook(seeded, "/enterprises/import", sheet(1))
    enterprise = seeded.call("GET", "/enterprises", 200)["items"][0]
    changchun, siping = (Client(service.url, token("division", division=code)) for code in ("220100", "220300"))

    assert len(changchun.call("GET", "/enterprises?division=220102", 200)["items"]) == 1
    assert siping.call("GET", "/enterprises", 200)["items"] == []
    siping.call("GET", f"/enterprises/{enterprise['id']}", 404)
    siping.call("PATCH", f"/enterprises/{enterprise['id']}", 404, json={"name": "x"}, headers={"If-Match": '"1"'})


IDLE = "0198f2a0-0000-7000-8000-000000000401"


def test_an_enterprise_submits_for_filing_and_cannot_file(seeded, service, token):
    firm = Client(service.url, token("enterprise", enterprise="0198f2a0-0000-7000-8000-000000000101"))

    for path in ("filing", "filing/return"):
        firm.call("POST", f"/appointments/{IDLE}/{path}", 403, json={"filed_on": "2026-03-02"})
    firm.call("POST", f"/appointments/{IDLE}/filing/submission", 404, json={})


def test_the_province_enters_a_years_holidays(seeded, service, token):
    known = {year["year"]: year for year in seeded.call("GET", "/calendar", 200)["items"]}
    assert {2024, 2025, 2026} <= known.keys() and "2026-10-10" in known[2026]["days_worked"]

    entered = {"year": 2027, "days_off": ["2027-01-01"], "days_worked": [], "document": "示例〔2026〕1号"}
    for _ in range(2):
        assert seeded.call("POST", "/calendar", 201, json=entered)["days_off"] == ["2027-01-01"]
    wrong = {**entered, "days_off": ["2027-01-01", "2027-01-02"]}
    assert "/days_off/1" in str(seeded.call("POST", "/calendar", 422, json=wrong))
    Client(service.url, token("division", division="220100")).call("POST", "/calendar", 403, json=entered)


def test_a_change_needs_the_etag_that_was_read(seeded):
    post_workbook(seeded, "/enterprises/import", sheet(1))
    path = f"/enterprises/{seeded.call('GET', '/enterprises', 200)['items'][0]['id']}"

    seeded.call("PATCH", path, 428, json={"name": "示例新名"})
    seeded.call("PATCH", path, 200, json={"name": "示例新名"}, headers={"If-Match": '"1"'})
    seeded.call("PATCH", path, 412, json={"name": "示例再改"}, headers={"If-Match": '"1"'})


def certificate_event(kind, certificate_id, person_id, sequence, **data):
    data = {"certificate_id": certificate_id, "number": "CQO-JL-1", "person_id": person_id, **data}
    return Envelope(
        id=new_id(),
        source="/training",
        type=f"certificate.{kind}.v1",
        subject=certificate_id,
        time=datetime(2026, 3, 2, 1, tzinfo=UTC),
        sequence=sequence,
        data={key: value.isoformat() if isinstance(value, date) else value for key, value in data.items()},
        division="220102",
        correlationid=new_id(),
    )


def test_certificates_move_the_pool_and_the_appointment_and_the_four_refusals_are_named(
    seeded, service, token, wait_until
):
    post_workbook(seeded, "/enterprises/import", sheet(1, 2))
    firms = seeded.call("GET", "/enterprises", 200)["items"]
    people = [
        seeded.call(
            "POST",
            "/people",
            201,
            json={
                "name": f"李明{n}",
                "id_number": id_number(n),
                "enterprise_id": firm["id"],
                "quality_years": 5,
                "declaration": True,
            },
        )
        for n, firm in ((1, firms[0]), (2, firms[0]), (3, firms[1]))
    ]
    posts = [
        seeded.call("POST", f"/enterprises/{firm['id']}/posts", 201, json={"title": "首席质量官"})["id"]
        for firm in firms
    ]
    today = date.today()
    began, until = today - timedelta(days=30), today + timedelta(days=900)
    certificates = [new_id(), new_id()]
    publish(
        service.settings["amqp_url"],
        *(
            certificate_event(
                "issued",
                certificate,
                person["id"],
                1,
                name=person["name"],
                issued_on=began,
                valid_from=began,
                valid_until=until,
                ruleset=1,
            )
            for certificate, person in zip(certificates, people, strict=False)
        ),
    )
    wait_until(lambda: len(seeded.call("GET", "/talents?status=in_pool", 200)["items"]) == 2, 20)

    def appoint(person, post, expected, on=today):
        body = appointment_in_json(person["id"], post, on.isoformat())
        return seeded.call("POST", "/appointments", expected, json=body)

    made = appoint(people[0], posts[0], 201)
    refusals = [
        appoint(people[2], posts[1], 409),
        appoint(people[1], posts[1], 409, began - timedelta(days=1)),
        appoint(people[0], posts[1], 409),
        appoint(people[1], posts[0], 409),
    ]
    kinds = [refusal["type"].rsplit("/", 1)[-1] for refusal in refusals]
    assert kinds == ["not-in-pool", "no-valid-certificate", "already-cqo-elsewhere", "post-taken"]

    def status():
        return seeded.call("GET", f"/appointments/{made['id']}", 200)["status"]

    publish(service.settings["amqp_url"], certificate_event("expired", certificates[0], people[0]["id"], 2, on=today))
    wait_until(lambda: status() == "suspended", 20)
    renewed = certificate_event(
        "renewed",
        certificates[0],
        people[0]["id"],
        3,
        name="李明1",
        on=today,
        previous_valid_until=until,
        valid_until=until,
        ruleset=1,
    )
    publish(service.settings["amqp_url"], renewed, renewed)
    wait_until(lambda: status() == "active", 20)
    history = seeded.call("GET", f"/appointments/{made['id']}", 200)["history"]
    assert [line["status"] for line in history] == ["active", "suspended", "active"]


def test_an_answer_never_shows_an_id_number_but_after_a_reasoned_reveal(seeded, service):
    body = {"name": "李明", "id_number": id_number(5), "division": "220102", "phone": "13900000001"}
    person = seeded.call("POST", "/people", 201, json=body)
    assert id_number(5) not in json.dumps(seeded.call("GET", "/people", 200))
    seeded.call("POST", f"/people/{person['id']}/reveal", 422, json={})

    shown = seeded.call("POST", f"/people/{person['id']}/reveal", 200, json={"reason": "核对证件"})

    assert (shown["id_number"], shown["phone"]) == (id_number(5), "13900000001")
    engine = engine_for(service.settings["database_url"], "test")
    with engine.connect() as connection:
        stored = str(connection.execute(text("SELECT * FROM idempotency")).all())
    engine.dispose()
    assert id_number(5) not in stored
