"""What the demo's reconciliation calls lost, applied twice, or still under way."""

from __future__ import annotations

from typing import Any

import pytest

from cqolocal.demo.reconcile import is_settled, reconcile
from cqolocal.names import SERVICES

READERS = ("training", "notifications", "reporting")


@pytest.fixture
def found() -> dict[str, Any]:
    """The state of the four services once all 85 divisions have arrived everywhere."""
    states: dict[str, Any] = {
        service: {"outbox": {"by_type": {}, "unpublished": 0}, "inbox": {"applied": {}, "parked": 0}, "overdue": {}}
        for service in SERVICES
    }
    states["registry"]["outbox"]["by_type"] = {"division.placed.v1": 85}
    for reader in READERS:
        states[reader]["inbox"]["applied"] = {"division.placed.v1": 85}
    return states


def test_what_has_arrived_everywhere_is_settled(found: dict[str, Any]) -> None:
    result = reconcile(found)
    assert is_settled(result)
    assert result["applied"]["division.placed.v1"] == dict.fromkeys(READERS, 85)
    assert result["differing"] == []


def test_one_that_a_reader_lacks_is_lost_and_named(found: dict[str, Any]) -> None:
    found["reporting"]["inbox"]["applied"] = {"division.placed.v1": 84}
    del found["training"]["inbox"]["applied"]["division.placed.v1"]
    result = reconcile(found)
    assert not is_settled(result)
    assert result["lost"] == 86
    assert sorted(result["differing"]) == [
        "division.placed.v1 at reporting: 84 of 85",
        "division.placed.v1 at training: 0 of 85",
    ]


def test_one_too_many_at_a_reader_makes_up_for_none_that_another_lacks(found: dict[str, Any]) -> None:
    found["training"]["inbox"]["applied"] = {"division.placed.v1": 86}
    found["reporting"]["inbox"]["applied"] = {"division.placed.v1": 84}
    result = reconcile(found)
    assert not is_settled(result)
    assert (result["lost"], result["applied_twice"]) == (1, 1)


@pytest.mark.parametrize(
    ("service", "part", "name", "value"),
    [
        ("training", "inbox", "parked", 1),
        ("registry", "outbox", "unpublished", 1),
        ("registry", "overdue", "filing", 1),
    ],
)
def test_what_is_under_way_is_not_settled(
    found: dict[str, Any], service: str, part: str, name: str, value: int
) -> None:
    found[service][part][name] = value
    assert not is_settled(reconcile(found))
