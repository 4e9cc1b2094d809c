"""What the documents say where they once said something else than the APIs do."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_world import SERVICES, Api

VERSIONED = {
    "registry": {"change_enterprise", "change_person"},
    "training": {
        "cancel_class",
        "change_class",
        "change_trainer",
        "change_venue",
        "correct_enrolment",
        "decide_appeal",
        "enter_resit",
        "reinstate_certificate",
        "reissue_certificate",
        "renew_certificate",
        "revoke_certificate",
        "suspend_certificate",
    },
    "notifications": {
        "approve_subscription",
        "change_subscription",
        "edit_template",
        "put_preferences",
        "restore_template",
    },
    "reporting": {"revise_plan", "revise_target"},
}


def operations(api: Api) -> list[dict[str, Any]]:
    return [operation for path in api.document["paths"].values() for operation in path.values()]


def schema(api: Api, name: str) -> Any:
    return api.document["components"]["schemas"][name]["properties"]


@pytest.mark.parametrize("service", SERVICES)
def test_if_match_is_asked_for_where_a_change_names_its_version(apis: dict[str, Api], service: str) -> None:
    reference = {"$ref": "#/components/parameters/If-Match"}
    asked = [each for each in operations(apis[service]) if reference in each["parameters"]]

    assert {each["operationId"] for each in asked} == VERSIONED[service]
    assert apis[service].document["components"]["parameters"]["If-Match"]["required"] is True
    assert all({"412", "428"} <= each["responses"].keys() for each in asked)


@pytest.mark.parametrize("service", SERVICES)
def test_each_operation_has_one_success(apis: dict[str, Api], service: str) -> None:
    for operation in operations(apis[service]):
        assert len([status for status in operation["responses"] if status.startswith("2")]) == 1, operation


@pytest.mark.parametrize("service", SERVICES)
def test_the_parameters_of_a_rule_set_are_those_of_the_service(apis: dict[str, Api], service: str) -> None:
    api = apis[service]
    reference = schema(api, "NewRuleSet")["parameters"]["$ref"]

    assert reference == "#/components/schemas/RuleSetParameters"
    newest = api.client().get("/rulesets")["items"][0]
    assert schema(api, "RuleSetParameters").keys() == newest["parameters"].keys()


def test_bounds_and_patterns_are_those_that_hold(apis: dict[str, Api]) -> None:
    registry, training = apis["registry"], apis["training"]

    assert schema(training, "Block")["hours"]["exclusiveMinimum"] == 0 and "minimum" not in schema(training, "Block")
    hours = schema(training, "NewEducation")["hours"]
    assert (hours["type"], hours["minimum"], hours["maximum"]) == ("number", -1000, 1000)
    quotas = schema(training, "NewClass")["quotas"]
    assert (quotas["maxProperties"], quotas["propertyNames"]["maxLength"]) == (100, 12)
    assert schema(registry, "NewEnterprise")["uscc"]["pattern"].startswith("^(91|93|N1|N2|N3)")
    assert schema(registry, "NewPerson")["id_number"]["pattern"] == "^[0-9]{17}[0-9X]$"
    listed = {each["name"]: each["schema"] for each in registry.document["paths"]["/people"]["get"]["parameters"][:-1]}
    assert listed["cursor"] == {"type": "string", "minLength": 1, "maxLength": 1000, "pattern": "^[A-Za-z0-9_-]+$"}
