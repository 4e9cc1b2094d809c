"""Publishers, their contracts and their consumers agree; and each rule that says so can fail."""

from __future__ import annotations

import copy
import importlib
import json
import re
from typing import Any

import contract_rules as rules
import pytest
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from marshmallow import Schema, fields

from chassis.messaging.envelope import Envelope
from notifications.adapters.catalogue import catalogue
from notifications.domain.granting import IDS_OF_NOBODY, is_pseudonymous
from programme.access import ACCESS

OWNERS = {kind: service for service in rules.SERVICES for kind in rules.published(service)}
DEFINITIONS = json.loads((rules.PROJECT / "deploy/rabbitmq/definitions.json").read_text())
READ = [
    (service, subscription, kind)
    for service in rules.SERVICES
    for subscription in rules.subscriptions(service)
    for kind in subscription.types
]


@pytest.mark.parametrize("kind", OWNERS)
def test_an_event_class_its_schema_and_its_example_agree(kind: str) -> None:
    schema, example = rules.contract(OWNERS[kind], kind)

    assert rules.class_fits_schema(rules.published(OWNERS[kind])[kind], schema) == []
    assert rules.example_fits_schema(kind, example, schema) == []
    assert example["source"] == f"/{OWNERS[kind]}"
    assert rules.personal_fields(schema) == []


@pytest.mark.parametrize("kind", OWNERS)
def test_what_goes_out_is_a_cloudevent_to_the_reference_implementation(kind: str) -> None:
    _, example = rules.contract(OWNERS[kind], kind)

    event = JSONFormat().read(None, Envelope.from_dict(example).to_bytes())

    assert event.get_specversion() == "1.0"
    assert {name: event.get_attributes()[name] for name in ("id", "type", "source", "subject", "sequence")} == {
        name: example[name] for name in ("id", "type", "source", "subject", "sequence")
    }
    assert event.get_data() == example["data"]


def test_what_is_no_cloudevent_is_refused_by_it() -> None:
    _, example = rules.contract("training", "certificate.issued.v1")

    with pytest.raises(CloudEventValidationError):
        JSONFormat().read(None, json.dumps({**example, "Not-A-Name": 1}))


@pytest.mark.parametrize("service", rules.SERVICES)
def test_a_service_has_contracts_for_its_events_and_no_others(service: str) -> None:
    names = {path.name for path in (rules.PROJECT / "services" / service / "contracts").glob("*.json")}

    kinds = rules.published(service)
    assert names == {f"{kind}{ending}" for kind in kinds for ending in (".json", ".example.json")}


@pytest.mark.parametrize(("service", "subscription", "kind"), READ, ids=[f"{s}-{kind}" for s, _, kind in READ])
def test_a_consumer_reads_what_the_publisher_promises(service: str, subscription: Any, kind: str) -> None:
    assert rules.consumer_reads(subscription.schema, *rules.contract(OWNERS[kind], kind)) == []


@pytest.mark.parametrize("service", rules.SERVICES)
def test_what_is_subscribed_to_is_bound(service: str) -> None:
    types = {kind for reader, _, kind in READ if reader == service}

    assert rules.bindings_fit(service, DEFINITIONS, types, OWNERS) == []


@pytest.mark.parametrize("kind", OWNERS)
def test_a_released_schema_only_gains_optional_fields(kind: str) -> None:
    released = json.loads((rules.PROJECT / "tests/contract/released" / f"{kind}.json").read_text())
    schema, _ = rules.contract(OWNERS[kind], kind)

    assert rules.only_gains_optional_fields(released, schema) == []


class TooMuch(Schema):
    """A consumer that asks for a field nobody sends."""

    colour = fields.String(required=True)


KIND = "certificate.issued.v1"
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def promised() -> tuple[dict[str, Any], dict[str, Any]]:
    return copy.deepcopy(rules.contract("training", KIND))


def test_the_rule_of_the_class_can_fail(promised: tuple[dict[str, Any], dict[str, Any]]) -> None:
    schema, _ = promised
    del schema["properties"]["number"]
    schema["properties"]["ruleset"]["type"] = "string"

    assert len(rules.class_fits_schema(rules.published("training")[KIND], schema)) == 2


def test_the_rule_of_the_example_can_fail(promised: tuple[dict[str, Any], dict[str, Any]]) -> None:
    schema, example = promised
    example["data"]["valid_until"] = "tomorrow"
    example["sequence"] = 0

    assert len(rules.example_fits_schema(KIND, example, schema)) == 2


def test_the_rule_of_the_consumer_can_fail(promised: tuple[dict[str, Any], dict[str, Any]]) -> None:
    assert len(rules.consumer_reads(TooMuch, *promised)) == 2


def test_the_rule_of_the_bindings_can_fail() -> None:
    doctored = copy.deepcopy(DEFINITIONS)
    bound = [b for b in doctored["bindings"] if b["destination"] == "reporting.inbox"]
    bound[0]["routing_key"] = "colour.#"

    faults = rules.bindings_fit("reporting", doctored, {"colour.mixed.v1", "appointment.made.v1"}, OWNERS)
    assert any("nobody publishes it" in fault for fault in faults)
    assert any("is not bound" in fault for fault in faults)
    assert any("no handler applies it" in fault for fault in faults)


def test_the_rule_of_released_schemas_can_fail(promised: tuple[dict[str, Any], dict[str, Any]]) -> None:
    released, _ = promised
    present = copy.deepcopy(released)
    del present["properties"]["number"]
    present["required"].append("colour")
    present["properties"]["ruleset"]["type"] = "string"

    assert len(rules.only_gains_optional_fields(released, present)) == 3


def test_the_rule_of_personal_fields_can_fail(promised: tuple[dict[str, Any], dict[str, Any]]) -> None:
    schema, _ = promised
    schema["properties"]["holder_email"] = {"type": "string"}

    assert rules.personal_fields(schema) == ["holder_email looks personal"]


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module that writes what docs/ say of the events."""
    monkeypatch.syspath_prepend(str(rules.PROJECT / "deploy/contracts"))
    return importlib.import_module("catalogue")


@pytest.mark.parametrize("page", ["catalogue", "architecture", "asyncapi"])
def test_the_pages_on_events_are_made_from_the_contracts_as_they_are(pages: Any, page: str) -> None:
    assert getattr(pages, page.upper()).read_text() == getattr(pages, page)(), "run deploy/contracts/catalogue.py"


def test_what_may_be_subscribed_to_is_made_from_the_contracts_as_they_are(pages: Any) -> None:
    assert pages.TO_SUBSCRIBE.read_text() == pages.to_subscribe(), "run deploy/contracts/catalogue.py"
    assert ACCESS.private == importlib.import_module("asyncapi").PRIVATE
    offered = {kind for kind in OWNERS if not kind.startswith("contact.") and "_audit." not in kind}
    assert set(catalogue()) == offered


@pytest.mark.parametrize("kind", OWNERS)
def test_each_id_in_an_event_is_either_nobodys_or_given_as_a_pseudonym(kind: str) -> None:
    _, example = rules.contract(OWNERS[kind], kind)
    ids = {name for name, value in example["data"].items() if UUID.search(json.dumps(value))}

    told_apart = {name for name in ids if name in IDS_OF_NOBODY or is_pseudonymous(name, example["data"])}
    assert ids - told_apart - {"recipient_id"} == set()
    assert not [name for name in ids if not isinstance(example["data"][name], str)], "only a text is replaced"


def test_what_may_be_subscribed_to_is_heard() -> None:
    bound = {each["routing_key"] for each in DEFINITIONS["bindings"] if each["destination"] == "notifications.inbox"}
    kinds = {kind.partition(".")[0] for kind, each in catalogue().items() if each.publisher != "notifications"}

    assert {f"{kind}.#" for kind in kinds} - bound == set()
