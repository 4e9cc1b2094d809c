"""The deploy step that declares exchanges and queues, and the check that they stand as declared."""

from __future__ import annotations

from copy import deepcopy

import pytest
from messaging_world import TOPOLOGY, World

from chassis import topology


def test_applying_the_topology_again_changes_nothing(world: World) -> None:
    world.send([b"kept"])
    topology.apply(world.amqp_url, TOPOLOGY)
    topology.check(world.amqp_url, TOPOLOGY)

    assert world.waiting("reader.inbox") == 1


def test_the_check_names_a_queue_that_is_missing_and_does_not_make_it(world: World) -> None:
    with world.channel() as channel:
        channel.queue_delete("echoes")
    for _ in range(2):
        with pytest.raises(topology.Differs, match="queue echoes"):
            topology.check(world.amqp_url, TOPOLOGY)


def test_the_check_names_a_queue_that_stands_with_other_arguments(world: World) -> None:
    wanted = deepcopy(TOPOLOGY)
    wanted["queues"][0]["arguments"]["x-delivery-limit"] = 7
    with pytest.raises(topology.Differs, match=r"queue reader\.inbox"):
        topology.check(world.amqp_url, wanted)
    with pytest.raises(topology.Differs, match=r"queue reader\.inbox"):
        topology.apply(world.amqp_url, wanted)


def test_the_command_says_in_one_line_what_differs(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    with world.channel() as channel:
        channel.queue_delete("cqo.unrouted")
    assert topology.main(["check", "--amqp", world.amqp_url]) == 1

    assert "differs" in capsys.readouterr().err
