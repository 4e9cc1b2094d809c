"""Rule sets come into force by their day, in their order, and each is entered in the audit log."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from office_process import Office
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from chassis.clock import SystemClock
from chassis.process import migrate
from chassis.security import audit
from programme import rulesets
from programme.callers import Caller
from programme.rulesets import PublishRuleSet

PROVINCE = Caller("office", "province")
SECOND = {
    "effective_from": (date.today() + timedelta(days=30)).isoformat(),
    "document": "吉市监〔2025〕99号",
    "parameters": {"months": 24},
}


@dataclass(frozen=True)
class Rules:
    """The office's rules, as it reads them."""

    version: int
    effective_from: date
    document: str
    months: int | tuple[int, ...]


def publish(engine: Engine, on: date, months: int | list[int], **more: Any) -> rulesets.RuleSet:
    """Before the day of the test they are corrections: most of these tests look back."""
    correction = "示例更正" if on <= SystemClock().today() else None
    command = PublishRuleSet(on, "文件", {"months": months, **more}, correction)
    with Session(engine) as session, session.begin():
        return rulesets.publish(session, PROVINCE, command, SystemClock())


def test_the_rule_set_of_a_day_is_the_last_that_took_effect_by_then(engine: Engine) -> None:
    publish(engine, date(2026, 1, 1), 24)
    publish(engine, date(2026, 1, 1), 30)
    publish(engine, date(2027, 1, 1), 60)

    with Session(engine) as session:
        days = [date(2013, 9, 18), date(2025, 12, 31), date(2026, 1, 1), date(2027, 6, 1)]
        assert [rulesets.rules_on(session, day, Rules).version for day in days] == [1, 1, 3, 4]
        assert rulesets.rules_of(session, 2, Rules) == Rules(2, date(2026, 1, 1), "文件", months=24)
        with pytest.raises(rulesets.NoRuleSet):
            rulesets.rules_on(session, date(2013, 9, 17), Rules)
        assert audit.seal(session, 1000) == audit.verify(session).checked == 3


def test_lists_are_read_as_tuples(engine: Engine) -> None:
    publish(engine, date(2026, 1, 1), [90, 30])

    with Session(engine) as session:
        assert rulesets.rules_on(session, date(2026, 1, 1), Rules).months == (90, 30)


def test_a_parameter_that_is_not_there_is_refused_and_one_of_a_later_version_is_left_alone(engine: Engine) -> None:
    publish(engine, date(2026, 1, 1), 24, years=2)

    @dataclass(frozen=True)
    class OtherRules(Rules):
        days: int

    with Session(engine) as session:
        # A migration adds a parameter while processes of the version before still run.
        assert rulesets.rules_of(session, 2, Rules).version == 2
        with pytest.raises(LookupError, match=r"rule set 1 .* 'days'"):
            rulesets.rules_of(session, 1, OtherRules)


def test_one_may_not_take_effect_before_the_newest(engine: Engine) -> None:
    publish(engine, date(2026, 1, 1), 24)

    with pytest.raises(rulesets.EffectiveTooEarly):
        publish(engine, date(2025, 12, 31), 12)


def test_the_past_and_today_change_by_a_stated_correction_only_and_that_is_recorded_as_one(office: Office) -> None:
    today = SystemClock().today()
    for day in (date(2014, 1, 1), today):
        answer = office.call("POST", "/rulesets", json=SECOND | {"effective_from": day.isoformat()})
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/effective-in-the-past"), day
    tomorrow = (today + timedelta(days=1)).isoformat()
    assert (
        office.call("POST", "/rulesets", json=SECOND | {"effective_from": tomorrow, "correction": ""}).status_code
        == 422
    )
    said = {"effective_from": "2014-01-01", "correction": "第1版证书有效期录入有误。"}

    made = office.call("POST", "/rulesets", json=SECOND | said)

    assert made.status_code == 201 and made.json()["correction"] == said["correction"]
    listed = office.call("GET", "/rulesets").json()["items"]
    assert [found["correction"] for found in listed] == [said["correction"], None]
    [entry] = office.call("GET", "/audit", role="auditor").json()["items"]
    assert entry["action"] == "ruleset.corrected"
    content = json.loads(entry["entry"])["details"]
    assert (content["correction"], content["document"]) == (said["correction"], SECOND["document"])


def test_one_that_changes_nothing_of_the_past_is_no_correction(office: Office) -> None:
    answer = office.call("POST", "/rulesets", json=SECOND | {"correction": "示例更正"})

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/nothing-to-correct")


def test_one_far_ahead_is_refused_and_one_not_yet_in_force_can_be_withdrawn_on_record(office: Office) -> None:
    for day in ("9999-12-31", "2199-01-01"):
        assert office.call("POST", "/rulesets", json=SECOND | {"effective_from": day}).status_code in (409, 422)
    soon = (date.today() + timedelta(days=300)).isoformat()
    assert office.call("POST", "/rulesets", json=SECOND | {"effective_from": soon}).json()["version"] == 2
    withdraw = {"document": "吉市监〔2026〕3号"}

    assert office.call("POST", "/rulesets/2/withdraw", json=withdraw, role="division").status_code == 403
    assert office.call("POST", "/rulesets/1/withdraw", json=withdraw).status_code == 409
    assert office.call("POST", "/rulesets/9/withdraw", json=withdraw).status_code == 404
    assert office.call("POST", "/rulesets/2/withdraw", json=withdraw).json()["effective_from"] == soon
    assert office.call("POST", "/rulesets/2/withdraw", json=withdraw).status_code == 404
    assert [found["version"] for found in office.call("GET", "/rulesets").json()["items"]] == [1]
    # Its number is never another's: the audit log tells of both.
    assert office.call("POST", "/rulesets", json=SECOND).json()["version"] == 3
    entries = office.call("GET", "/audit", role="auditor").json()["items"]
    assert sorted((entry["action"], entry["subject"]) for entry in entries) == [
        ("ruleset.published", "2"),
        ("ruleset.published", "3"),
        ("ruleset.withdrawn", "2"),
    ]


def test_rivals_get_versions_of_their_own(engine: Engine) -> None:
    with ThreadPoolExecutor(6) as pool:
        published = list(pool.map(lambda _: publish(engine, date(2026, 1, 1), 24), range(6)))

    assert sorted(found.version for found in published) == [2, 3, 4, 5, 6, 7]


def test_the_province_publishes_and_everyone_reads(office: Office) -> None:
    made = office.call("POST", "/rulesets", json=SECOND)

    assert made.status_code == 201
    assert made.json()["version"] == 2
    assert [found["version"] for found in office.call("GET", "/rulesets", role="ops").json()["items"]] == [2, 1]
    assert office.call("POST", "/rulesets", json=SECOND, role="division").status_code == 403
    [entry] = office.call("GET", "/audit", role="auditor").json()["items"]
    assert (entry["action"], entry["subject"]) == ("ruleset.published", "2")


def test_parameters_are_checked_by_the_services_own_schema(office: Office) -> None:
    for change, pointer in [
        ({"parameters": {"months": 0}}, "/parameters/months"),
        ({"parameters": {"months": 24, "years": 2}}, "/parameters/years"),
        ({"parameters": {}}, "/parameters/months"),
        ({"document": ""}, "/document"),
        ({"effective_from": "tomorrow"}, "/effective_from"),
    ]:
        answer = office.call("POST", "/rulesets", json=SECOND | change)

        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
        assert office.count_rulesets() == 1


def test_the_shared_tables_are_what_their_migration_made(make_database: Callable[[str], str]) -> None:
    assert migrate.check("office", make_database("office")) == []
