"""Limits on text messages and robots hold over several workers; what has no room waits, and says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from faulty_servers import FaultyGateway, serving
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from chassis.ids import new_id
from notifications.adapters.robot import RobotConnection
from notifications.adapters.sms import Gateway, SmsConnection, day_of
from notifications.domain.notice import Channel, State
from notifications.domain.robots import Robot, RobotKind
from notifications.queries.letters import backlog
from notifications.storage import bad_address, limit_usage
from notifications.usecases import limits
from notifications.usecases.limits import Limit


@pytest.fixture
def world(sending_world):
    return sending_world


@pytest.fixture
def gateway():
    with serving(FaultyGateway()) as server:
        yield server


def texts(gateway, **settings):
    return SmsConnection(Gateway(f"{gateway.url}/send", "key", "吉林质监", timeout=5, price=5, **settings))


def phones(number):
    return [f"138000000{each:02}" for each in range(number)]


def waiting(world):
    with Session(world.engine) as session:
        (of,) = (each for each in backlog(session) if each.channel is Channel.SMS)
        return of.limited


def test_what_a_day_may_cost_is_spent_and_no_more_by_two_senders_and_the_rest_waits_for_the_next(world, gateway):
    world.write(Channel.SMS, phones(20))
    pair = [world.sender(texts(gateway, most_a_day=60)) for _ in range(2)]

    while any([sender.turn() for sender in pair]):
        pass

    assert len(gateway.requests) == 12 and waiting(world)["sms_daily"] == 8
    left = [row for row in world.rows() if row.state == State.PENDING]
    _, tomorrow = day_of(datetime.now(UTC))
    assert {(row.waits_for, row.next_attempt_at, row.attempts) for row in left} == {("sms_daily", tomorrow, 0)}
    # The next day has come.
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE limit_usage SET since = since - interval '1 day'"))
        connection.execute(text("UPDATE delivery SET next_attempt_at = now() WHERE waits_for IS NOT NULL"))
    world.turns(pair[0])
    assert {row.state for row in world.rows()} == {State.SENT} and len(gateway.requests) == 20


def test_one_recipient_gets_so_many_in_a_day_and_others_theirs(world, gateway):
    owner = ("person", new_id())
    world.write(Channel.SMS, ["13800000001"], owner)
    world.write(Channel.SMS, [""] * 3, owner)
    world.write(Channel.SMS, ["13800000002"])

    world.turns(world.sender(texts(gateway, messages_a_day=2)))

    assert sorted(request["json"]["to"] for request in gateway.requests) == ["13800000001"] * 2 + ["13800000002"]
    assert waiting(world)["sms_daily_of_recipient"] == 2
    # What had no room for its recipient was not counted on the day.
    with world.engine.connect() as connection:
        assert connection.scalar(select(limit_usage.c.used).where(limit_usage.c.key == "sms")) == 15


def test_what_a_gateway_refuses_is_not_paid_for_and_what_ends_in_doubt_is(world, gateway):
    gateway.plan.update({"13800000000": ["400"], "13800000001": ["504"]})
    world.write(Channel.SMS, phones(3))

    world.turns(world.sender(texts(gateway)))

    with world.engine.connect() as connection:
        assert connection.scalar(select(limit_usage.c.used).where(limit_usage.c.key == "sms")) == 10


def test_a_limit_has_room_for_so_much_and_no_more_whoever_asks_at_once(world):
    since = datetime.now(UTC)

    def reserve(number):
        with Session(world.engine) as session, session.begin():
            limit = Limit("n", "key", since, since + timedelta(days=1), 3, 100)
            return limits.reserve(session, [limit]) is None

    with ThreadPoolExecutor(4) as pool:
        granted = sum(pool.map(reserve, range(60)))

    assert granted == 33


def robot_of(world, gateway, path, kind=RobotKind.WECOM, secret=None):
    return Robot(kind, f"{gateway.url}{path}?key=k", secret).to_text()


def robots(gateway):
    return RobotConnection((gateway.url.removeprefix("http://"),), timeout=5)


def test_a_robot_is_heard_20_times_a_minute_and_says_numbers_only(world, gateway):
    owner = ("division", "220102")
    world.write(Channel.ROBOT, [robot_of(world, gateway, "/a")], owner)
    world.write(Channel.ROBOT, [""] * 24, owner)
    world.write(Channel.ROBOT, [robot_of(world, gateway, "/b")])

    world.turns(world.sender(robots(gateway)))

    paths = [request["path"] for request in gateway.requests]
    # 25 at most where the minute ended meanwhile.
    assert paths.count("/b") == 1 and 20 <= paths.count("/a") <= 25
    said = {request["json"]["text"]["content"] for request in gateway.requests}
    assert all("1件新通知" in each and "李明" not in each and "证书" not in each for each in said)
    assert gateway.connections == 1


def test_a_robot_that_says_no_in_a_200_has_refused_and_one_that_is_gone_is_asked_no_more(world, gateway):
    owner = ("division", "220102")
    gateway.plan["/a"] = ["errcode 45009", "errcode 93000"]
    world.write(Channel.ROBOT, [robot_of(world, gateway, "/a")], owner)
    sender = world.sender(robots(gateway))

    world.work(sender)
    world.write(Channel.ROBOT, [""], owner)
    world.work(sender)

    of_robot = [row.state for row in world.rows() if row.channel is Channel.ROBOT]
    assert of_robot == [State.FAILED, State.NO_ADDRESS]
    assert len(gateway.requests) == 2
    with world.engine.connect() as connection:
        assert "93000" in connection.execute(select(bad_address)).one().reason


def test_a_robot_at_an_address_that_is_not_allowed_is_never_asked(world, gateway):
    world.write(Channel.ROBOT, [robot_of(world, gateway, "/a")])

    world.work(world.sender(RobotConnection(("oapi.dingtalk.com",))))

    assert [row.state for row in world.rows()] == [State.FAILED] and gateway.requests == []
