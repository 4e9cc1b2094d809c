"""The store: each delivery takes effect once, in whatever order it comes, and what is missing is known."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from cqo_subscriber import Delivery, NotADelivery, Store, reconcile
from cqo_subscriber.manifest import digest


def delivery(sequence: int, kind: str = "certificate.issued.v1") -> Delivery:
    event = {"id": f"id-{sequence}", "type": kind, "feedsequence": sequence, "feedprevious": sequence - 1}
    return Delivery.of(event)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "events.db")


def test_each_delivery_is_applied_once_however_often_and_in_whatever_order_it_comes(store: Store) -> None:
    applied: list[int] = []
    coming = [*range(1, 41)] * 5
    random.Random(7).shuffle(coming)
    for sequence in coming:
        store.take(delivery(sequence), lambda each: applied.append(each.sequence))

    assert sorted(applied) == list(range(1, 41))
    assert (store.cursor, store.last) == (40, 40)


def test_the_cursor_waits_where_something_is_missing_and_goes_on_when_it_has_come(store: Store, tmp_path: Path) -> None:
    for sequence in (1, 2, 5, 6):
        store.take(delivery(sequence), lambda each: None)
    assert (store.cursor, store.last) == (2, 6)
    with Store(tmp_path / "events.db") as again:
        assert (again.cursor, again.last) == (2, 6), "it is on disk"
        for sequence in (3, 4):
            again.take(delivery(sequence), lambda each: None)
    assert store.cursor == 6


def test_what_is_given_up_is_passed_and_what_had_come_above_it_counts(store: Store) -> None:
    for sequence in (1, 5, 6):
        store.take(delivery(sequence), lambda each: None)

    store.give_up(4)

    assert store.cursor == 6


def test_a_delivery_whose_application_fails_is_not_entered_nor_is_what_was_done_by_the_database(store: Store) -> None:
    store.database.execute("CREATE TABLE mine (id TEXT)")

    def fail(each: Delivery) -> None:
        store.database.execute("INSERT INTO mine VALUES (?)", (each.id,))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.take(delivery(1), fail)
    assert (store.cursor, store.database.execute("SELECT count(*) FROM mine").fetchone()) == (0, (0,))
    store.take(delivery(1), lambda each: store.database.execute("INSERT INTO mine VALUES (?)", (each.id,)))
    assert (store.cursor, store.database.execute("SELECT count(*) FROM mine").fetchone()) == (1, (1,))


def test_what_a_killed_process_had_in_hand_is_new_to_the_next(tmp_path: Path) -> None:
    program = (
        "import os, sys; sys.path[:0] = sys.argv[1:3]\n"
        "from test_store import Store, delivery\n"
        "store = Store(sys.argv[3])\n"
        "with store.applying(delivery(1)): pass\n"
        "with store.applying(delivery(2)):\n"
        "    store.database.execute('CREATE TABLE mine (id TEXT)')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    here = Path(__file__).parent
    done = subprocess.run([sys.executable, "-c", program, str(here), str(here.parent), str(tmp_path / "events.db")])
    assert done.returncode == -9

    with Store(tmp_path / "events.db") as store:
        assert store.cursor == 1
        with store.applying(delivery(2)) as is_new:
            assert is_new
        assert store.database.execute("SELECT name FROM sqlite_master WHERE name = 'mine'").fetchall() == []


def test_a_manifest_agrees_and_each_difference_is_named(store: Store) -> None:
    kinds = ["a.made.v1", "b.made.v1", "a.made.v1", "c.made.v1"]
    for sequence, kind in enumerate(kinds, start=1):
        store.take(delivery(sequence, kind), lambda each: None)

    def of(kind: str, *sequences: int) -> dict[str, object]:
        ids = [f"id-{sequence}" for sequence in sequences]
        return {kind: {"count": len(ids), "sha256": digest(ids)}}

    manifest = {"first_sequence": 1, "last_sequence": 4}
    agreeing = of("a.made.v1", 1, 3) | of("b.made.v1", 2) | of("c.made.v1", 4)
    assert reconcile(store, manifest | {"types": agreeing}) == []
    other = of("a.made.v1", 3, 1) | of("b.made.v1", 2, 9) | of("d.made.v1", 5)
    assert reconcile(store, manifest | {"types": other}) == [
        ("a.made.v1", 2, 2),
        ("b.made.v1", 2, 1),
        ("c.made.v1", 0, 1),
        ("d.made.v1", 1, 0),
    ]
    assert reconcile(store, {"first_sequence": None, "last_sequence": 4, "types": {}}) == []


def test_what_is_forgotten_is_still_no_news(store: Store) -> None:
    for sequence in (1, 2, 4):
        store.take(delivery(sequence), lambda each: None)
    store.forget(4)

    assert [row[0] for row in store.received(1, 9)] == [4], "what is above the cursor stays"
    with store.applying(delivery(1)) as is_new:
        assert not is_new


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"id": "x"}', b'{"id":1,"type":"a","feedsequence":"x","feedprevious":0}']
)
def test_what_is_no_delivery_is_refused_with_what_it_lacks(body: bytes) -> None:
    with pytest.raises(NotADelivery):
        Delivery.read(body)
