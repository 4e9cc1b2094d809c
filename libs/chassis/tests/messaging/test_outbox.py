"""What a use case's events become in the outbox, and how they leave it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from author.events import LotChanged, ThingChanged
from messaging_world import Thing, World
from sqlalchemy.orm import Session

from chassis import outbox
from chassis.testing import RunningService, wait_for

NOWHERE = "amqp://guest:guest@127.0.0.1:9/"
Start = Callable[..., RunningService]


def test_events_of_one_object_are_numbered_from_1_in_the_order_in_which_they_were_added(world: World) -> None:
    world.announce("a", ThingChanged(1), ThingChanged(2))
    world.announce("b", LotChanged(1))
    world.announce("a", ThingChanged(3))

    found = [(event.aggregate, event.sequence, event.data["number"]) for event in world.events()]
    assert found == [("thing:a", 1, 1), ("thing:a", 2, 2), ("lot:b", 1, 1), ("thing:a", 3, 3)]
    assert world.things["a"].version == 3


def test_a_transaction_that_is_rolled_back_leaves_no_event(world: World) -> None:
    with pytest.raises(ZeroDivisionError), Session(world.author) as session, session.begin():
        outbox.add(session, Thing("a"), ThingChanged(1), world.clock)
        session.flush()
        raise ZeroDivisionError

    assert world.events() == []


def test_changes_are_committed_while_the_broker_is_away_and_leave_when_it_is_back(
    world: World, author: Start, reader: Start
) -> None:
    alone = author(ready=False, amqp_url=NOWHERE)
    world.announce("a", ThingChanged(1), ThingChanged(2))
    wait_for(lambda: "lost its database or broker" in alone.log.read_text(), 20)
    assert world.unpublished() == 2
    alone.kill()

    author(), reader()
    wait_for(lambda: world.effects() == [("thing:a", 1), ("thing:a", 2)], 20)
