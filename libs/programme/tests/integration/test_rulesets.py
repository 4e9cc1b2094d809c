"""Rule sets come into force by their day, in their order, and each is entered in the audit log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sample_process import Sample
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from chassis.clock import SystemClock
from chassis.security import audit
from programme import rulesets
from programme.callers import Caller

PROVINCE = Caller("office", "province")
SECOND = {"effective_from": "2026-01-01", "document": "吉市监〔2025〕99号", "parameters": {"months": 24}}


def publish(engine: Engine, on: date, months: int) -> rulesets.RuleSet:
    with Session(engine) as session, session.begin():
        return rulesets.publish(session, PROVINCE, on, "文件", {"months": months}, SystemClock())


def test_the_rule_set_of_a_day_is_the_last_that_took_effect_by_then(engine: Engine) -> None:
    publish(engine, date(2026, 1, 1), 24)
    publish(engine, date(2026, 1, 1), 30)
    publish(engine, date(2027, 1, 1), 60)

    with Session(engine) as session:
        days = [date(2013, 9, 18), date(2025, 12, 31), date(2026, 1, 1), date(2027, 6, 1)]
        assert [rulesets.in_force(session, day).version for day in days] == [1, 1, 3, 4]
        assert rulesets.get(session, 2).parameters == {"months": 24}
        with pytest.raises(rulesets.NoRuleSet):
            rulesets.in_force(session, date(2013, 9, 17))
        assert audit.verify(session).checked == 3


def test_one_may_not_take_effect_before_the_newest(engine: Engine) -> None:
    publish(engine, date(2026, 1, 1), 24)

    with pytest.raises(rulesets.EffectiveTooEarly):
        publish(engine, date(2025, 12, 31), 12)


def test_rivals_get_versions_of_their_own(engine: Engine) -> None:
    with ThreadPoolExecutor(6) as pool:
        published = list(pool.map(lambda _: publish(engine, date(2026, 1, 1), 24), range(6)))

    assert sorted(found.version for found in published) == [2, 3, 4, 5, 6, 7]


def test_the_province_publishes_and_everyone_reads(own_sample: Sample) -> None:
    made = own_sample.call("POST", "/rulesets", json=SECOND)

    assert made.status_code == 201
    assert made.json()["version"] == 2
    assert [found["version"] for found in own_sample.call("GET", "/rulesets", role="ops").json()["items"]] == [2, 1]
    assert own_sample.call("POST", "/rulesets", json=SECOND, role="division").status_code == 403
    [entry] = own_sample.call("GET", "/audit", role="auditor").json()["items"]
    assert (entry["action"], entry["subject"]) == ("ruleset.publish", "ruleset:2")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"parameters": {"months": 0}}, "/parameters/months"),
        ({"parameters": {"months": 24, "years": 2}}, "/parameters/years"),
        ({"parameters": {}}, "/parameters/months"),
        ({"document": ""}, "/document"),
        ({"effective_from": "tomorrow"}, "/effective_from"),
    ],
)
def test_parameters_are_checked_by_the_services_own_schema(
    sample: Sample, change: dict[str, Any], pointer: str
) -> None:
    answer = sample.call("POST", "/rulesets", json=SECOND | change)

    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert sample.count("ruleset") == 1
