"""Templates and preferences over HTTP: who may do what, by which version, and what a refusal says."""

from __future__ import annotations

import pytest
from notice_world import COUNTY, tree

from chassis.clock import SystemClock
from notifications.adapters import texts
from notifications.domain.language import Language
from testkit import Client, publish

TODAY = SystemClock().today().isoformat()
ENGLISH = "/templates/certificate_expiring/en"


@pytest.fixture
def api(running_service, topology, token, mail):
    running = running_service("notifications", smtp_url=mail.url)
    publish(topology, *tree())

    def call(method, path, body=None, expected=200, role="province", version=None, **claims):
        client = Client(running.url, token(role, **claims), timeout=20)
        return client.call(method, path, expected, version=version, json=body)

    return call


def test_a_template_is_looked_at_tried_edited_and_restored(api):
    listed = api("GET", "/templates")["items"]
    assert {each["language"] for each in listed} == {"zh-CN", "en"} and not any(each["edited"] for each in listed)
    template = api("GET", ENGLISH)
    assert template["version"] == 0 and "days_left" in template["fields"] and "by_day" in template["filters"]

    draft = template["source"].replace("Reminder:", "Urgent reminder:")
    shown = api("POST", f"{ENGLISH}/preview?recipient_kind=person", {"source": draft})["items"]
    assert {each["recipient_kind"] for each in shown} == {"person"}
    assert all(each["subject"].startswith("Urgent reminder:") and each["short"] for each in shown)
    assert all("<script" not in each["html"] and '<html lang="en">' in each["html"] for each in shown)

    change = {"source": draft, "effective_from": TODAY, "reason": "措辞"}
    made = api("PUT", ENGLISH, change, version=0)
    assert made["version"] == 1 and made["made_by"]
    assert api("GET", f"{ENGLISH}/preview")["items"][0]["subject"].startswith("Urgent reminder:")
    api("PUT", ENGLISH, change, expected=412, version=0)
    api("PUT", ENGLISH, change, expected=428)
    restore = {"effective_from": TODAY, "reason": "恢复"}
    assert api("POST", f"{ENGLISH}/restore", restore, version=1)["source"] is None
    assert api("GET", f"{ENGLISH}/preview")["items"][0]["subject"].startswith("Reminder:")


def test_a_refusal_says_the_line_and_the_field(api):
    source = texts.source_of("certificate_expiring", Language.ENGLISH).replace("{{ number }}", "{{ serial }}", 1)
    problem = api("POST", f"{ENGLISH}/preview", {"source": source}, expected=422)

    assert problem["errors"][0]["pointer"] == "/source"
    assert "line 2: there is no field serial" in problem["errors"][0]["reason"]


def test_only_the_province_edits_and_a_recipient_sees_no_templates(api):
    restore = {"effective_from": TODAY, "reason": "恢复"}
    api("POST", f"{ENGLISH}/restore", restore, expected=403, role="division", division=COUNTY, version=0)
    api("GET", ENGLISH, role="division", division=COUNTY)
    api("GET", ENGLISH, expected=403, role="enterprise", enterprise="e")
    api("GET", "/templates/certificate_expiring/fr", expected=404)
    api("GET", f"{ENGLISH}/preview?ruleset=99", expected=404)


def test_a_recipient_chooses(api):
    firm = {"role": "enterprise", "enterprise": "0198f2a0-0000-7000-8000-000000000101"}
    before = api("GET", "/preferences", **firm)
    assert (before["version"], before["language"], before["switched_off"]) == (0, "zh-CN", {})
    assert "nomination_received" in before["optional"] and "certificate_revoked" not in before["optional"]

    choice = {"language": "en", "switched_off": {"email": ["nomination_received"]}}
    assert api("PUT", "/preferences", choice, version=0, **firm)["version"] == 1
    assert api("GET", "/preferences", **firm)["switched_off"] == {"email": ["nomination_received"]}
    refused = api(
        "PUT",
        "/preferences",
        {"language": "en", "switched_off": {"email": ["certificate_revoked"]}},
        expected=409,
        version=1,
        **firm,
    )
    assert (refused["kind"], refused["ruleset"]) == ("certificate_revoked", 1) and refused["basis"]
    api("PUT", "/preferences", {**choice, "switched_off": {"in_app": ["honour_given"]}}, 409, version=1, **firm)
    api("PUT", "/preferences", {**choice, "switched_off": {"email": ["no_such_kind"]}}, 422, version=1, **firm)
    api("GET", "/preferences", expected=403, role="auditor")


def test_what_was_sent_to_an_office_is_found_by_its_code(api):
    assert api("GET", f"/recipients/division/{COUNTY}/deliveries")["items"] == []
    assert api("GET", "/recipients/division/training_centre/deliveries")["items"] == []
    api("GET", f"/recipients/office/{COUNTY}/deliveries", expected=404)
