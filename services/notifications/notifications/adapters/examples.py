"""Examples of what is told, to show and to try templates by: for each kind of notice the events that it can come of.

They stand in `examples.json`: of each type of event the publisher's own example first, cut down to the fields that are
read here, then the cases that a text tells apart, each by what differs. A test holds them to the publishers' contracts.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from notifications.adapters.words import ADDRESSES
from notifications.domain.recipients import Audience, RecipientKind
from notifications.domain.rules import Rules

FILE = Path(__file__).parent / "examples.json"
DAY = re.compile(r"\d{4}-\d\d-\d\d")
NAMES = {
    "person_name": "李明",
    "enterprise_name": "示例机械有限公司",
    "division_name": "长春市南关区",
    "position": "副总经理",
    "class_name": "2026年第一期首席质量官任职培训班",
}
ADDED = ("today", "document", "basis", "remedies", "recipient_kind", "signed_by")  # to the facts of every event
# Whom kinds are for that come of no rule: what was gathered, and an address that nobody has.
UNANNOUNCED: Mapping[str, Sequence[Audience]] = {
    "digest": (Audience.PERSON, Audience.ENTERPRISE, Audience.DIVISION),
    "address_failed": (Audience.ENTERPRISE, Audience.DIVISION),
}
# Offices that a letter addresses by a name of their own, whichever division the matter lies in.
OFFICES = {
    Audience.PREFECTURE: "长春市市场监督管理部门",
    Audience.PROVINCE: "吉林省市场监督管理部门",
    Audience.CENTRE: "吉林省质量技术监督培训中心",
}
Json = Mapping[str, object]


@dataclass(frozen=True)
class Example:
    """An event of type `event` with what is read of its data, and the names of those whom it concerns."""

    kind: str  # of the notice
    event: str
    data: Json
    names: Json

    def facts(self, today: date, rules: Rules, audience: Audience) -> Json:
        """What a text to that audience may say of it on that day under those rules."""
        return {
            **self.names,
            **self.data,
            "today": today,
            "document": self.data.get("document") or rules.document,
            "basis": rules.document,
            "remedies": rules,
            "audience": str(audience),
            "addressee": OFFICES.get(audience),
            "county_name": self.names["division_name"],
        }

    def concerns(self, audience: Audience) -> bool:
        """Whether there is somebody of that audience to be told of it."""
        return self.names[f"{audience.recipient_kind}_name"] is not None


def audiences_of(kind: str, rules: Rules) -> list[Audience]:
    """Whom a kind of notice is for by a rule set, at once or by a later stage."""
    rule = rules.rule(kind)
    if rule is None:
        return list(UNANNOUNCED.get(kind, ()))
    staged = (each for stage in rule.escalations for each in stage.audience)
    return list(dict.fromkeys((*rule.audience, *staged)))


def _value(value: object) -> object:
    if isinstance(value, list):
        return [_value(each) for each in value]
    return date.fromisoformat(value) if isinstance(value, str) and DAY.fullmatch(value) else value


def _example(kind: str, event: str, data: Json, case: Json) -> Example:
    found = {name: _value(value) for name, value in {**data, **case}.items() if name in data}
    names: dict[str, object] = {**NAMES, **{name: value for name, value in case.items() if name not in data}}
    for who in RecipientKind:
        if found.get(f"{who}_id", who) is None:
            names[f"{who}_name"] = None
    return Example(kind, event, found, names)


def _examples(kind: str, stored: Sequence[Mapping[str, Any]]) -> Iterator[Example]:  # Any: JSON
    for each in stored:
        for case in ({}, *each["cases"]):
            yield _example(kind, each["event"], each["data"], case)


@functools.cache
def _all() -> Mapping[str, list[Example]]:
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    return {kind: list(_examples(kind, found)) for kind, found in stored.items()}


def kinds() -> list[str]:
    """All kinds of notice that have a template."""
    return sorted(_all())


def examples_of(kind: str) -> list[Example]:
    """The examples of a kind of notice, the publisher's own first."""
    return _all()[kind]


def fields_of(kind: str) -> frozenset[str]:
    """The facts that a template of that kind may name: those that each event has from which it can come."""
    shared = frozenset.intersection(*(frozenset(each.data) for each in examples_of(kind)))
    return shared | {*NAMES, *ADDRESSES, *ADDED}
