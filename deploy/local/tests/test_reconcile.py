"""What the demo's reconciliation calls lost, applied twice, or still under way."""

from __future__ import annotations

from typing import Any

import pytest

from cqolocal.demo.reconcile import is_settled, reconcile
from cqolocal.names import SERVICES

READERS = ("training", "notifications", "reporting")


KIND = "division.placed.v1"
IDS = [4711 * number for number in range(1, 86)]


def applied(*ids: int) -> dict[str, Any]:
    """What a reader says that has applied these events, each as often as it is named."""
    return {"applied": len(ids), "moved": 0, "id_sum": str(sum(ids))}


@pytest.fixture
def found() -> dict[str, Any]:
    """The state of the four services once all 85 divisions have arrived everywhere."""
    states: dict[str, Any] = {
        service: {
            "outbox": {"by_type": {}, "unpublished": 0},
            "inbox": {"handles": [], "by_type": {}, "parked": 0},
            "overdue": {},
        }
        for service in SERVICES
    }
    states["registry"]["outbox"]["by_type"] = {KIND: {"published": 85, "id_sum": str(sum(IDS))}}
    for reader in READERS:
        states[reader]["inbox"] |= {"handles": [KIND], "by_type": {KIND: applied(*IDS)}}
    return states


def test_what_has_arrived_everywhere_is_settled(found: dict[str, Any]) -> None:
    result = reconcile(found)
    assert is_settled(result)
    assert result["applied"]["division.placed.v1"] == dict.fromkeys(READERS, 85)
    assert result["differing"] == []


def test_one_that_a_reader_lacks_is_lost_and_named(found: dict[str, Any]) -> None:
    found["reporting"]["inbox"]["by_type"] = {"division.placed.v1": applied(*IDS[1:])}
    del found["training"]["inbox"]["by_type"]["division.placed.v1"]
    result = reconcile(found)
    assert not is_settled(result)
    assert result["lost"] == 86
    assert sorted(result["differing"]) == [
        "division.placed.v1 at reporting: 84 of 85",
        "division.placed.v1 at training: 0 of 85",
    ]


def test_one_too_many_at_a_reader_makes_up_for_none_that_another_lacks(found: dict[str, Any]) -> None:
    found["training"]["inbox"]["by_type"] = {"division.placed.v1": applied(*IDS, IDS[0])}
    found["reporting"]["inbox"]["by_type"] = {"division.placed.v1": applied(*IDS[1:])}
    result = reconcile(found)
    assert not is_settled(result)
    assert (result["lost"], result["applied_twice"]) == (1, 1)


def test_one_lost_and_another_applied_twice_at_the_same_reader_do_not_cancel(found: dict[str, Any]) -> None:
    found["training"]["inbox"]["by_type"] = {KIND: applied(*IDS[1:], IDS[1])}
    result = reconcile(found)
    assert not is_settled(result)
    assert (result["lost"], result["applied_twice"]) == (1, 1)
    assert result["differing"] == [f"{KIND} at training: 85 of 85, but not the same ones"]


def test_what_only_moved_a_cursor_is_counted_apart_and_lost_by_nobody(found: dict[str, Any]) -> None:
    found["training"]["inbox"] |= {"handles": [], "by_type": {KIND: {"applied": 0, "moved": 85, "id_sum": "0"}}}
    result = reconcile(found)
    assert is_settled(result)
    assert result["applied"][KIND] == {"notifications": 85, "reporting": 85}
    assert result["cursor_only"] == {KIND: {"training": 85}}


def test_what_only_moved_a_cursor_at_a_reader_that_has_a_handler_now_is_lost(found: dict[str, Any]) -> None:
    found["training"]["inbox"]["by_type"] = {KIND: {"applied": 0, "moved": 85, "id_sum": "0"}}
    assert reconcile(found)["lost"] == 85


def test_where_the_ids_were_not_kept_from_the_beginning_the_counts_are_compared(found: dict[str, Any]) -> None:
    found["training"]["inbox"]["by_type"] = {KIND: {"applied": 85, "moved": 0, "id_sum": None}}
    assert is_settled(reconcile(found))
    found["training"]["inbox"]["by_type"] = {KIND: {"applied": 84, "moved": 0, "id_sum": None}}
    assert reconcile(found)["lost"] == 1


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
