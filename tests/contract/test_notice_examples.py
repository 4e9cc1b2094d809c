"""The examples that notifications tries its templates by agree with what the publishers promise."""

from __future__ import annotations

from datetime import date
from typing import Any

import contract_rules as rules
import pytest
from alembic.script import ScriptDirectory
from jsonschema import Draft202012Validator, FormatChecker

from chassis.process import revisions
from notifications.adapters.examples import UNANNOUNCED, Example, examples_of, kinds
from notifications.domain.rules import NoticeRule

OWNERS = {kind: service for service in rules.SERVICES for kind in rules.published(service)}
SCHEMAS = {kind: each.schema for each in rules.subscriptions("notifications") for kind in each.types}


# Of rule set 1, as its migration enters them.
MIGRATION = ScriptDirectory(str(revisions.folder_of("notifications"))).get_revision("0018").module
RULES = {rule.key: rule for rule in map(NoticeRule.of, MIGRATION.NOTICES)}
KINDS = sorted(RULES)
# What a text says of the day on which it is written, where it was planned for that day.
PLANNED = ("on", "days_left")


def read(event: str, data: dict[str, Any]) -> dict[str, Any]:  # Any: JSON, and fields of any type
    """What the worker reads of an event with that data."""
    schema = SCHEMAS[event]
    loaded = (schema() if isinstance(schema, type) else schema).load(data)
    return vars(loaded)


def of_each_event(kind: str) -> dict[str, list[Example]]:
    found: dict[str, list[Example]] = {}
    for example in examples_of(kind):
        found.setdefault(example.event, []).append(example)
    return found


def test_each_kind_that_a_rule_announces_has_examples_and_no_other_has() -> None:
    assert set(kinds()) == RULES.keys() | UNANNOUNCED.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_examples_of_each_event_that_it_can_come_of(kind: str) -> None:
    assert of_each_event(kind).keys() == set(RULES[kind].events)


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_example_of_an_event_is_its_publishers(kind: str) -> None:
    rule = RULES[kind]
    for event, examples in of_each_event(kind).items():
        _, contract = rules.contract(OWNERS[event], event)
        data = dict(contract["data"]) | ({rule.when.field: rule.when.value} if rule.when else {})
        more = {name: examples[0].data[name] for name in PLANNED} if rule.due else {}

        assert dict(examples[0].data) == read(event, data) | more


@pytest.mark.parametrize("kind", KINDS)
def test_each_example_is_what_the_publishers_schema_allows(kind: str) -> None:
    for event, examples in of_each_event(kind).items():
        schema, contract = rules.contract(OWNERS[event], event)
        validator = Draft202012Validator(schema, format_checker=FormatChecker())
        for example in examples:
            said = {name: str(value) if isinstance(value, date) else value for name, value in example.data.items()}
            if RULES[kind].due:
                said = {name: value for name, value in said.items() if name not in PLANNED}
            # A field that a reader has as None may be left out altogether.
            absent = {name for name in said if said[name] is None and name not in schema["required"]}
            data = {name: value for name, value in {**contract["data"], **said}.items() if name not in absent}
            faults = [error.message for error in validator.iter_errors(data)]

            assert faults == [], (event, said)


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_an_example_without_each_field_that_a_publisher_may_leave_out(kind: str) -> None:
    for event, examples in of_each_event(kind).items():
        schema, contract = rules.contract(OWNERS[event], event)
        bare = {name: value for name, value in contract["data"].items() if name in schema["required"]}
        for name, value in read(event, bare).items():
            if name not in schema["required"]:
                assert any(example.data[name] == value for example in examples), (event, name)
