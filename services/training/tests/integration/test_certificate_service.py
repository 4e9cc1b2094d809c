"""The running service: a certificate's PDF, its keys, the page that its code leads to, the list the worker keeps."""

from __future__ import annotations

import hashlib
import json
import re
from urllib.parse import urlencode

import pytest
import requests
from sqlalchemy import text
from sqlalchemy.orm import Session
from training_world import firm_id, know_people, person_id

from chassis.data import engine_for
from chassis.security import KeyRing
from programme import statements
from testkit import Client, divisions
from training.adapters.issuer import LIST_KIND
from training.adapters.numbers import number_of

ID, NUMBER = "01990f3a-6c1d-7b0e-9a44-0d4f0c6a7b21", number_of(2026, "220100", 1)
ISSUED = """
INSERT INTO certificate (id, version, division, number, person_id, name, enterprise_id, enterprise_name, issued_on,
valid_from, valid_until, ruleset, status)
    VALUES (:id, 1, '220102', :number, :person, '李明0', :firm, '示例企业0', '2026-03-13', '2026-03-13', '2126-03-12',
    1, 'valid');
"""
RECORDED = """
INSERT INTO certificate_status (certificate_id, "on", status, valid_until, decision, ruleset, grounds)
    VALUES (:id, '2026-03-13', 'valid', '2126-03-12', 'issued', 1, '{}');
"""


@pytest.fixture
def service(running_service):
    service = running_service("training")
    with Session(engine_for(service.settings["database_url"], "test")) as session, session.begin():
        divisions.place(session)
        know_people(session, 1, ("220102",))
        values = {"id": ID, "number": NUMBER, "person": person_id(0), "firm": firm_id(0)}
        session.execute(text(ISSUED), values)
        session.execute(text(RECORDED), values)
    return service


@pytest.fixture
def fetch(service, token):
    def fetch(path, role=None, known=None, **claims):
        headers = {"Authorization": f"Bearer {token(role, **claims)}"} if role else {}
        headers |= {"If-None-Match": known} if known else {}
        return requests.get(service.url + path, headers=headers, timeout=20)

    return fetch


def token_in(pdf):
    return re.search(rb"verify\?token=([\w.-]+)", pdf)[1].decode()


def test_the_code_on_the_printed_certificate_is_verified_offline_by_the_published_keys_and_online_by_its_page(
    service, fetch
):
    printed = fetch(f"/certificates/{ID}/pdf", "cqo", person=person_id(0))
    again = fetch(f"/certificates/{ID}/pdf", "division", division="220100")
    unchanged = fetch(f"/certificates/{ID}/pdf", "training_centre", printed.headers["ETag"])
    keys = fetch("/.well-known/jwks.json")

    assert (printed.status_code, printed.headers["Content-Type"]) == (200, "application/pdf")
    assert NUMBER in printed.headers["Content-Disposition"] and "private" in printed.headers["Cache-Control"]
    assert hashlib.sha256(printed.content).digest() == hashlib.sha256(again.content).digest()
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert "max-age=3600" in keys.headers["Cache-Control"] and '"d"' not in keys.text
    found = statements.read(token_in(printed.content), KeyRing(keys.text, "the published keys"))
    assert (found.number, found.name, found.enterprise, found.index) == (NUMBER, "李明0", "示例企业0", 0)
    assert found.issuer == service.settings["certificates_url"]

    page = fetch(f"/verify?{urlencode({'token': token_in(printed.content)})}")
    assert page.status_code == 200 and "签名有效，证书现为有效" in page.text
    assert all(known in page.text for known in (NUMBER, "李明0", "示例企业0", "2126-03-12"))
    altered = fetch(f"/verify?{urlencode({'token': token_in(printed.content)[:-6] + 'AAAAAA'})}")
    assert altered.status_code == 200 and "签名无效" in altered.text and "李明0" not in altered.text


def test_a_certificate_is_printed_for_who_may_see_it_and_nobody_else(fetch):
    path = f"/certificates/{ID}/pdf"

    assert fetch(path).status_code == 401
    assert fetch(path, "ops").status_code == 403
    assert fetch(path, "system").status_code == 403
    assert fetch(path, "division", division="220300").status_code == 404
    assert fetch(path, "cqo", person=person_id(1)).status_code == 404
    assert fetch(path, "enterprise", enterprise=firm_id(0)).status_code == 200


def test_the_worker_signs_the_list_and_what_is_revoked_is_not_printed_and_says_so_on_the_page(
    service, fetch, token, wait_until
):
    keys = KeyRing(fetch("/.well-known/jwks.json").text, "the published keys")

    def signed_list():
        answer = fetch("/certificates/status-list")
        return answer if answer.status_code == 200 else None

    listed = wait_until(signed_list, 30, 1)  # asked more often, it would be refused
    assert listed.headers["Content-Type"] == "application/statuslist+jwt"
    assert "max-age=60" in listed.headers["Cache-Control"]
    assert json.loads(keys.open(listed.text, LIST_KIND))["status_list"]["bits"] == 2
    assert fetch("/certificates/status-list", known=listed.headers["ETag"]).status_code == 304
    assert fetch("/certificates/status-list?part=1").status_code == 404

    signed = token_in(fetch(f"/certificates/{ID}/pdf", "province").content)
    reason = {"reason": "示例", "document": "示例文号〔2027〕1号"}
    Client(service.url, token("province")).call("POST", f"/certificates/{ID}/revoke", version=1, json=reason)
    refused = fetch(f"/certificates/{ID}/pdf", "province")
    assert (refused.status_code, refused.headers["Content-Type"]) == (409, "application/problem+json")
    assert "已被撤销" in fetch(f"/verify?{urlencode({'token': signed})}").text


def test_who_asks_the_page_or_for_the_list_too_often_is_told_how_long_to_wait(fetch):
    for path in ("/verify?token=a.b.c", "/certificates/status-list"):
        answers = [fetch(path) for _ in range(30)]

        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused and all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
    assert fetch("/.well-known/jwks.json").status_code == 200
