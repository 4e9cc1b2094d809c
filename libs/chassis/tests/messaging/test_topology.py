"""The broker's topology: applied as often as one likes, and compared."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
from messaging_world import TOPOLOGY

from chassis import broker
from chassis.broker import topology
from testkit.plugin import TOPOLOGY as TOPOLOGY_FILE


@pytest.fixture
def definitions(amqp_url: str) -> Iterator[dict[str, object]]:
    """The tests' topology under names of its own."""
    definitions = copy.deepcopy(TOPOLOGY)
    for item in (*definitions["exchanges"], *definitions["queues"]):
        item["name"] = f"check.{item['name']}"
    for binding in definitions["bindings"]:
        binding |= {end: f"check.{binding[end]}" for end in ("source", "destination")}
    yield definitions
    connection = broker.connect(amqp_url, "test")
    for queue in definitions["queues"]:
        connection.channel().queue_delete(queue["name"])
    for exchange in definitions["exchanges"]:
        connection.channel().exchange_delete(exchange["name"])
    broker.close(connection)


def test_applying_twice_changes_nothing(amqp_url: str, definitions: dict[str, object]) -> None:
    topology.apply(amqp_url, definitions)
    topology.apply(amqp_url, definitions)

    topology.check(amqp_url, definitions)


def test_a_missing_queue_is_a_difference_and_is_not_made_by_looking(amqp_url: str, definitions: dict) -> None:
    topology.apply(amqp_url, definitions)
    more = {**definitions, "queues": [*definitions["queues"], {"name": "check.more", "arguments": {}}]}
    for _ in range(2):
        with pytest.raises(topology.Differs, match=r"queue check\.more"):
            topology.check(amqp_url, more)


def test_one_that_was_not_applied_to_its_end_is_a_difference(amqp_url: str, definitions: dict) -> None:
    topology.apply(amqp_url, definitions)
    connection = broker.connect(amqp_url, "test")
    connection.channel().exchange_delete(topology.COMPLETE)
    broker.close(connection)
    with pytest.raises(topology.Differs, match="bindings may be missing"):
        topology.check(amqp_url, definitions)
    topology.apply(amqp_url, definitions)
    topology.check(amqp_url, definitions)


def test_other_arguments_are_a_difference(amqp_url: str, definitions: dict) -> None:
    topology.apply(amqp_url, definitions)
    definitions["queues"][0]["arguments"]["x-delivery-limit"] = 7
    for act in (topology.check, topology.apply):
        with pytest.raises(topology.Differs, match="x-delivery-limit"):
            act(amqp_url, definitions)
    definitions["queues"][0]["arguments"]["x-delivery-limit"] = 3


def test_the_systems_own_topology_stands_as_it_is_written(topology: str) -> None:
    from chassis.broker import topology as module

    module.check(topology, module.load(TOPOLOGY_FILE))


def test_every_inbox_of_the_system_keeps_what_it_must() -> None:
    inboxes = [queue for queue in topology.load(TOPOLOGY_FILE)["queues"] if queue["name"].endswith(".inbox")]
    assert len(inboxes) == 4
    for queue in inboxes:
        assert queue["arguments"] == {
            "x-queue-type": "quorum",
            "x-dead-letter-exchange": "cqo.dead",
            "x-dead-letter-routing-key": queue["name"],
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-delivery-limit": 100,
        }


def test_the_command_says_what_differs(amqp_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert topology.main(["check", "--file", str(TOPOLOGY_FILE), "--amqp", "amqp://guest:guest@127.0.0.1:9/"]) == 1
    assert "the broker does not answer" in capsys.readouterr().err
