"""Deliverers on a real database, with end points of every kind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import eventlet
import pytest
from cloudevents.core.formats.json import JSONFormat
from receivers import OK, status
from sqlalchemy import event, text
from standardwebhooks import Webhook
from webhook_world import inversions, sequences, work

from notifications.adapters.webhook.guard import ForbiddenTarget

FAILS = status(500, body=b"broken")


def test_each_event_is_delivered_once_signed_and_logged(webhooks, receiver):
    at = receiver()
    to = webhooks.subscribe(at.url)
    ids = webhooks.announce(to.id, *"abcabc")

    work(webhooks.deliverer())

    assert sorted(sequences(at)) == [1, 2, 3, 4, 5, 6] and inversions(at) == 0
    assert {got.headers["webhook-id"] for got in at.got} == set(ids)
    for got in at.got:
        assert Webhook(to.key).verify(got.body, got.headers)["id"] == got.headers["webhook-id"]
        assert got.headers["content-type"] == "application/cloudevents+json"
        assert JSONFormat().read(None, got.body).get_id() == got.headers["webhook-id"]
    found = webhooks.end_point(to.id)
    assert (found.position, found.holder, found.in_hand, found.failures) == (6, None, 0, 0)
    assert webhooks.waiting(to.id) == []
    logged = webhooks.logged(to.id)
    assert sorted(each["sequence"] for each in logged) == [1, 2, 3, 4, 5, 6]
    assert {each["status"] for each in logged} == {204} and {each["number"] for each in logged} == {1}


def test_a_failed_event_holds_back_its_aggregate_only(webhooks, receiver):
    broken = [True]
    at = receiver(lambda got, to: FAILS if broken and json.loads(got.body)["subject"] == "b" else OK)
    to = webhooks.subscribe(at.url)
    webhooks.announce(to.id, *"abcabc")
    deliverer = webhooks.deliverer()

    work(deliverer)
    webhooks.announce(to.id, *"bad")
    work(deliverer)

    assert webhooks.waiting(to.id) == [(2, "retrying", 1), (5, "behind", 0), (7, "behind", 0)]
    assert sorted(sequences(at)) == [1, 2, 3, 4, 6, 8, 9]
    broken.clear()
    webhooks.clock.move(seconds=6)
    work(deliverer)
    assert sequences(at)[-3:] == [2, 5, 7] and webhooks.waiting(to.id) == []
    assert inversions(at, lambda got: True) == 0


def test_an_event_is_tried_again_by_the_schedule_with_the_same_id_and_then_given_up(webhooks, receiver):
    at = receiver(lambda got, to: FAILS if json.loads(got.body)["subject"] == "bad" else OK)
    to = webhooks.subscribe(at.url)
    webhooks.announce(to.id, "bad", "bad")
    deliverer = webhooks.deliverer(webhook_schedule=(5.0, 300.0, 1800.0))
    waits = []
    for _ in range(4):
        work(deliverer)
        before = webhooks.clock.now()
        webhooks.announce(to.id, "well")  # so that the end point is not taken for dead
        work(deliverer)
        if webhooks.waiting(to.id)[0][1] == "given_up":
            break
        with webhooks.engine.connect() as connection:
            (due,) = connection.execute(text("SELECT min(next_attempt_at) FROM webhook_waiting")).one()
        waits.append((due - before).total_seconds())
        webhooks.clock.at = due - timedelta(seconds=1)
        tried = len(at.got)
        work(deliverer)
        assert len(at.got) == tried
        webhooks.clock.at = due

    assert waits == [5, 300, 1800]
    assert webhooks.waiting(to.id) == [(1, "given_up", 4), (2, "behind", 0)]
    bad = [got for got in at.got if json.loads(got.body)["subject"] == "bad"]
    assert len(bad) == 4 and len({got.headers["webhook-id"] for got in bad}) == 1
    assert [each["number"] for each in webhooks.logged(to.id) if each["sequence"] == 1] == [1, 2, 3, 4]


NO_HTTP = b"\x00\xff\r\n"  # what a database takes for no text


@pytest.mark.parametrize("answer", [status(301, "Location: /x"), status(404), status(500), NO_HTTP, None], ids=str)
def test_only_2xx_is_success(answer, webhooks, receiver):
    at = receiver(lambda got, to: answer)
    to = webhooks.subscribe(at.url)
    webhooks.announce(to.id, "a")

    work(webhooks.deliverer())

    assert webhooks.waiting(to.id) == [(1, "retrying", 1)]
    (logged,) = webhooks.logged(to.id)
    assert ("fault" in logged) == (answer in (None, NO_HTTP))


@pytest.mark.parametrize("code", [429, 503])
def test_retry_after_pauses_the_end_point_and_costs_the_event_no_attempt(code, webhooks, receiver):
    busy = [True]
    at = receiver(lambda got, to: status(code, "Retry-After: 120") if busy else OK)
    to = webhooks.subscribe(at.url, connections=1)
    webhooks.announce(to.id, *"abc")
    deliverer = webhooks.deliverer()

    work(deliverer)
    webhooks.clock.move(seconds=119)
    work(deliverer)
    assert sequences(at) == [1] and webhooks.waiting(to.id) == [(1, "retrying", 0)]

    busy.clear()
    webhooks.clock.move(seconds=1)
    work(deliverer)
    assert sorted(sequences(at)[1:]) == [1, 2, 3] and webhooks.waiting(to.id) == []


def test_410_disables_the_subscription_at_once(webhooks, receiver):
    at = receiver(lambda got, to: status(410))
    to = webhooks.subscribe(at.url, connections=1)
    webhooks.announce(to.id, *"abc")

    work(webhooks.deliverer())

    assert len(at.got) == 1
    assert (webhooks.state(to.id), webhooks.reason(to.id)) == ("disabled", "gone")


def test_an_end_point_that_fails_is_spared_but_for_one_probe_and_gets_all_when_it_is_back(webhooks, receiver):
    down = [True]
    at = receiver(lambda got, to: FAILS if down else OK)
    to = webhooks.subscribe(at.url)
    webhooks.announce(to.id, *(f"a{number}" for number in range(50)))
    deliverer = webhooks.deliverer()

    work(deliverer)
    tried = len(at.got)
    assert 5 <= tried <= 5 + 3  # those that were under way beside the fifth
    assert webhooks.end_point(to.id).is_open
    for probe in range(4):
        webhooks.clock.move(seconds=5 * 2**probe)
        work(deliverer)
        assert len(at.got) == tried + probe + 1
    down.clear()
    webhooks.clock.move(seconds=300)
    work(deliverer)

    assert not webhooks.end_point(to.id).is_open and webhooks.waiting(to.id) == []
    accepted = at.got[tried + 4 :]
    assert sorted(json.loads(got.body)["sequence"] for got in accepted) == list(range(1, 51))


def test_what_always_fails_does_not_keep_the_breaker_open(webhooks, receiver):
    """Six aggregates fail and open the breaker; the probe is what was tried least, and that is what is new."""
    at = receiver(lambda got, to: FAILS if json.loads(got.body)["subject"].startswith("bad") else OK)
    to = webhooks.subscribe(at.url)
    webhooks.announce(to.id, *(f"bad{number}" for number in range(6)))
    deliverer = webhooks.deliverer()
    work(deliverer)
    assert webhooks.end_point(to.id).is_open

    webhooks.announce(to.id, *(f"well{number}" for number in range(20)))
    # What fails is tried again in between; where its answers come one after the other, they open the breaker again.
    for _ in range(3):
        webhooks.clock.move(seconds=300)
        work(deliverer, turns=200)

    well = [got for got in at.got if json.loads(got.body)["subject"].startswith("well")]
    assert len(well) == 20


def test_a_subscriber_that_is_down_for_a_day_gets_everything_in_order_afterwards(webhooks, receiver):
    down = [False]
    at = receiver(lambda got, to: FAILS if down else OK)
    to = webhooks.subscribe(at.url)
    deliverer = webhooks.deliverer()
    sent, requests = [], 0
    for hour in range(30):
        down[:] = [True] if 2 <= hour < 26 else []
        sent += webhooks.announce(to.id, *(f"a{(hour * 7 + number) % 13}" for number in range(20)))
        for _ in range(12):
            work(deliverer)
            webhooks.clock.move(minutes=5)
        requests = len(at.got) if hour == 25 else requests

    difference = set(sent) ^ {got.headers["webhook-id"] for got in at.got}
    found = inversions(SimpleNamespace(got=last_of_each(at.got)))
    print(
        f"\n24 h down, {len(sent)} events: set difference {len(difference)}, order violations {found}, "
        f"{requests} requests up to its return, {len(at.got)} in all"
    )
    assert difference == set() and found == 0
    assert webhooks.waiting(to.id) == [] and webhooks.end_point(to.id).position == len(sent)
    assert requests < 400  # a probe in 5 minutes, not one for each event


def last_of_each(got):
    """Of each event the last request: the one that was taken."""
    found = {}
    for each in got:
        found.pop(each.headers["webhook-id"], None)
        found[each.headers["webhook-id"]] = each
    return list(found.values())


def test_after_five_days_of_failure_the_subscription_is_disabled(webhooks, receiver):
    at = receiver(lambda got, to: FAILS)
    to = webhooks.subscribe(at.url)
    webhooks.announce(to.id, "a")
    deliverer = webhooks.deliverer()
    for _ in range(5 * 24 - 1):
        work(deliverer)
        webhooks.clock.move(hours=1)
    assert webhooks.state(to.id) == "live"

    webhooks.clock.move(hours=1)
    deliverer.maintenance.begin_with(0)
    work(deliverer)

    assert (webhooks.state(to.id), webhooks.reason(to.id)) == ("disabled", "failed")


CHILD = """
import sys
from types import SimpleNamespace
from webhook_world import Webhooks
webhooks = Webhooks(SimpleNamespace(url=sys.argv[1], engine=None))
deliverer = webhooks.deliverer()
deliverer.turn()
deliverer.pool.waitall()
"""


def test_a_deliverer_killed_in_mid_request_has_its_events_delivered_again_with_the_same_id_and_counted(
    webhooks, receiver, database
):
    killed = threading.Event()
    at = receiver(lambda got, to: OK if killed.wait(30) else None)
    to = webhooks.subscribe(at.url)
    ids = webhooks.announce(to.id, *"abcdef")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    with subprocess.Popen([sys.executable, "-c", CHILD, database.url], env=environment) as child:
        wait_until(lambda: len(at.got) == 4)  # as many as there are connections
        child.kill()
    assert webhooks.end_point(to.id).in_hand == 6
    killed.set()

    other = webhooks.deliverer()
    other.turn()
    wait_until(lambda: _released(other, webhooks, to))
    other.pool.waitall()
    work(other)

    found = webhooks.end_point(to.id)
    again = len(at.got) - len(ids)
    print(f"\nkilled in mid-request: {again} requests twice with the same id, counted as perhaps repeated: 6")
    assert {got.headers["webhook-id"] for got in at.got} == set(ids) and again == 4
    assert (found.maybe_repeated, found.position, found.in_hand) == (6, 6, 0)


def _released(deliverer, webhooks, to):
    """Looks for end points of the dead, until the database has noticed that the process has gone."""
    deliverer.maintenance.begin_with(0)
    deliverer.turn()
    return webhooks.end_point(to.id).maybe_repeated > 0


def wait_until(holds, seconds=20):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def test_one_dead_end_point_of_twenty_slows_nobody_else(webhooks, receiver):
    """The dead one takes connections and never answers, and its attempts last as long as they may."""
    dead = receiver(lambda got, to: time.sleep(60))
    well = [receiver() for _ in range(19)]
    subscribers = {webhooks.subscribe(at.url).id: at for at in (dead, *well)}
    deliverer = webhooks.deliverer(webhook_seconds=1.0)
    running = eventlet.spawn(deliverer.run)
    said = {}
    for tick in range(30):
        for subscription_id in subscribers:
            for event_id in webhooks.announce(subscription_id, f"a{tick}"):
                said[event_id] = time.monotonic()
            eventlet.sleep(0)
        eventlet.sleep(0.02)
    with eventlet.Timeout(20):
        while sum(len(at.got) for at in well) < 19 * 30:
            eventlet.sleep(0.02)
    deliverer.stop.give()
    running.wait()

    delays = sorted(got.at - said[got.headers["webhook-id"]] for at in well for got in at.got)
    p99 = delays[int(len(delays) * 0.99)]
    print(
        f"\n1 dead of 20: delay of the others' {len(delays)} events, median {1000 * delays[len(delays) // 2]:.0f} ms, "
        f"99th percentile {1000 * p99:.0f} ms; the dead one got {len(dead.got)} requests"
    )
    assert len(delays) == 19 * 30 and p99 <= 1.0
    assert 1 <= len(dead.got) <= 12


def test_an_end_point_in_living_hands_is_left_there(webhooks, receiver):
    at = receiver()
    to = webhooks.subscribe(at.url)
    webhooks.announce(to.id, *"abc")
    first, second = webhooks.deliverer(), webhooks.deliverer()
    second.turn()
    first.turn()
    second.maintenance.begin_with(0)
    second.turn()
    first.pool.waitall()
    second.pool.waitall()

    assert sorted(sequences(at)) == [1, 2, 3] and webhooks.end_point(to.id).maybe_repeated == 0


def test_two_deliverers_share_the_end_points_and_send_nothing_twice(webhooks, receiver):
    ends = [receiver() for _ in range(6)]
    for at in ends:
        webhooks.announce(webhooks.subscribe(at.url).id, *"abcdefghij")
    pair = [webhooks.deliverer(webhook_end_points=2), webhooks.deliverer(webhook_end_points=2)]
    while any([each.turn() for each in pair]):
        for each in pair:
            each.pool.waitall()

    assert [sorted(sequences(at)) for at in ends] == [list(range(1, 11))] * 6


def test_the_statements_of_a_run_do_not_grow_with_it(webhooks, receiver, database):
    at = receiver()
    to = webhooks.subscribe(at.url)
    deliverer = webhooks.deliverer()
    counts = {}
    statements = []
    event.listen(deliverer.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    for number in (200, 400):
        statements.clear()
        webhooks.announce(to.id, *(f"a{place}" for place in range(number)))
        work(deliverer)
        counts[number] = len(statements)
    print(f"\nstatements: {counts}")

    # Once it runs, five for each hundred: held, new, log, sum, entered.
    assert counts[400] - counts[200] <= 10
    assert len(at.got) == 600


def test_the_rate_of_an_end_point_is_kept(webhooks, receiver):
    at = receiver()
    to = webhooks.subscribe(at.url, per_second=20)
    webhooks.announce(to.id, *(f"a{place}" for place in range(11)))
    began = time.monotonic()

    work(webhooks.deliverer())

    assert len(at.got) == 11 and time.monotonic() - began >= 0.45


def test_a_rate_slower_than_a_turn_still_delivers(webhooks, receiver, monkeypatch):
    monkeypatch.setattr("notifications.adapters.webhook.delivering.TURN", 0.02)
    at = receiver()
    to = webhooks.subscribe(at.url, per_second=10)
    webhooks.announce(to.id, *"abc")

    work(webhooks.deliverer())

    assert sorted(sequences(at)) == [1, 2, 3] and webhooks.waiting(to.id) == []


def test_a_pause_takes_effect_at_a_slow_end_point_too(webhooks, receiver, monkeypatch):
    """What was taken is not begun any more after a while, however much it is."""
    monkeypatch.setattr("notifications.adapters.webhook.delivering.TURN", 0.1)

    def answer(got, sock):
        if len(at.got) == 10:
            with webhooks.engine.begin() as connection:
                connection.execute(text("UPDATE subscription SET state = 'paused'"))
        time.sleep(0.05)
        return OK

    at = receiver(answer)
    to = webhooks.subscribe(at.url, connections=1)
    webhooks.announce(to.id, *(f"a{place % 3}" for place in range(100)))
    deliverer = webhooks.deliverer()
    work(deliverer)
    assert 10 <= len(at.got) <= 16

    with webhooks.engine.begin() as connection:
        connection.execute(text("UPDATE subscription SET state = 'live'"))
    work(deliverer, turns=300)

    assert sorted(sequences(at)) == list(range(1, 101)) and inversions(at) == 0


def test_no_more_requests_at_once_than_the_target_allows(webhooks, receiver):
    at_once, most = [0], [0]

    def answer(got, to):
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        time.sleep(0.01)
        at_once[0] -= 1
        return OK

    at = receiver(answer)
    to = webhooks.subscribe(at.url, connections=3)
    webhooks.announce(to.id, *(f"a{place}" for place in range(30)))

    work(webhooks.deliverer())

    assert len(at.got) == 30 and 2 <= most[0] <= 3


def test_a_name_that_moves_inside_is_refused_at_the_next_connection(webhooks, receiver):
    at = receiver()
    answers = iter([["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"]])
    to = webhooks.subscribe(f"http://hooks.example.cn:{at.port}/", connections=1)
    deliverer = webhooks.deliverer(resolver=lambda host, port: next(answers))
    webhooks.announce(to.id, "a")
    work(deliverer)
    deliverer.end_points.close()
    webhooks.announce(to.id, "b")
    work(deliverer)
    webhooks.clock.move(seconds=6)
    work(deliverer)

    assert sequences(at) == [1]
    assert webhooks.waiting(to.id) == [(2, "retrying", 2)]
    assert "refused by the outbound guard" in webhooks.logged(to.id)[-1]["fault"]


def test_a_target_that_can_not_be_used_fails_and_says_why(webhooks):
    to = webhooks.subscribe("https://user@hooks.example.cn/")
    webhooks.announce(to.id, *"abc")

    work(webhooks.deliverer())

    assert "no user" in webhooks.logged(to.id)[0]["fault"] and len(webhooks.logged(to.id)) == 1
    assert ForbiddenTarget.__name__ in webhooks.logged(to.id)[0]["fault"]


def test_what_is_not_live_gets_nothing(webhooks, receiver):
    at = receiver()
    for state in ("approved", "paused", "ended", "disabled"):
        webhooks.announce(webhooks.subscribe(at.url, state=state).id, "a")

    work(webhooks.deliverer())

    assert at.got == []
