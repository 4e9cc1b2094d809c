"""What a service says of its outbox and inbox: counted by type, and by identity."""

from __future__ import annotations

from collections.abc import Callable

from author.events import HintGiven, LotChanged, ThingChanged
from messaging_world import Operator, World
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.messaging.ops_state import Applied, inbox_state
from testkit import RunningService, wait_for

Start = Callable[..., RunningService]


def test_the_reader_has_applied_what_the_author_published_by_identity_and_counts_the_rest_apart(
    world: World, author: Start, reader: Start, token: Callable[..., str]
) -> None:
    publisher, consumer = (Operator(start(process=None), token("ops")) for start in (author, reader))
    world.announce("a", ThingChanged(1), HintGiven(), ThingChanged(2))
    world.announce("b", LotChanged(1), LotChanged(2))
    wait_for(lambda: world.cursors() == {"thing:a": 3, "lot:b": 2} and world.unpublished() == 0)
    outbox, inbox = publisher.get("/ops/state")[1]["outbox"], consumer.get("/ops/state")[1]["inbox"]

    assert inbox["handles"] == ["lot.changed.v1", "thing.changed.v1"]
    assert {kind: found["published"] for kind, found in outbox["by_type"].items()} == {
        "lot.changed.v1": 2,
        "thing.changed.v1": 2,
        "thing.hinted.v1": 1,
    }
    for kind in inbox["handles"]:
        ids = [event.id for event in world.events() if event.type == kind]
        total = str(sum(int(each[-12:], 16) for each in ids))
        assert outbox["by_type"][kind] == {"published": 2, "id_sum": total}
        assert inbox["by_type"][kind] == {"applied": 2, "moved": 0, "id_sum": total}
    assert inbox["by_type"]["thing.hinted.v1"] == {"applied": 0, "moved": 1, "id_sum": "0"}


def test_a_parked_event_is_counted_once_it_is_applied(
    world: World, author: Start, reader: Start, token: Callable[..., str]
) -> None:
    world.announce("a", ThingChanged(1, poison=True), ThingChanged(2), HintGiven())
    author()
    consumer = Operator(reader(process=None), token("ops"))
    wait_for(lambda: [state for _, _, state in world.states()] == ["waiting", "blocked", "blocked"])
    assert consumer.get("/ops/state")[1]["inbox"]["by_type"] == {}
    world.mend("thing:a")
    consumer.post("/ops/parked/replay")
    wait_for(lambda: world.parked() == [])

    total = str(sum(int(event.id[-12:], 16) for event in world.events()[:2]))
    assert consumer.get("/ops/state")[1]["inbox"]["by_type"] == {
        "thing.changed.v1": {"applied": 2, "moved": 0, "id_sum": total},
        "thing.hinted.v1": {"applied": 0, "moved": 1, "id_sum": "0"},
    }


def test_a_sum_that_was_not_kept_from_the_beginning_is_not_given(world: World) -> None:
    with world.reader.begin() as connection:
        connection.execute(text("INSERT INTO inbox_applied (type, lane, applied) VALUES ('thing.changed.v1', 0, 7)"))
        connection.execute(text("INSERT INTO inbox_applied VALUES ('thing.changed.v1', 1, 2, 1, 4711)"))
    with Session(world.reader) as session:
        found = inbox_state(session, [])

    assert found.by_type == {"thing.changed.v1": Applied(applied=9, moved=1, id_sum=None)}


def test_a_sum_may_pass_what_a_number_of_json_holds(world: World) -> None:
    with world.reader.begin() as connection:
        connection.execute(text("INSERT INTO inbox_applied VALUES ('thing.changed.v1', 1, 2, 0, 2::numeric ^ 64 + 1)"))
    with Session(world.reader) as session:
        found = inbox_state(session, [])

    assert found.by_type["thing.changed.v1"].id_sum == "18446744073709551617"
