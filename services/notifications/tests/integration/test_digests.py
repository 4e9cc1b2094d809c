"""Letters that are gathered go as one message, which lists what concerns its recipient and nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from faulty_servers import FaultyMail, serving
from notice_world import COUNTY, ELSEWHERE
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from notifications.adapters.mail.connection import MailConnection
from notifications.adapters.mail.server import parse_url
from notifications.config import Settings
from notifications.domain.notice import Channel, State
from notifications.storage import StoredDelivery, delivery, digest, sealing
from notifications.usecases import digests
from notifications.usecases.addresses import Unaddressed
from notifications.usecases.retry_delivery import retry_delivery
from programme.callers import Caller
from testkit import divisions

PROVINCE = Caller("wang", "province")


@pytest.fixture
def world(sending_world):
    with Session(sending_world.engine) as session, session.begin():
        divisions.place(session)
    return sending_world


@pytest.fixture
def mail():
    with serving(FaultyMail()) as server:
        yield server


def by_mail(mail):
    return MailConnection(parse_url(mail.url), "no-reply@cqo.invalid", timeout=5, final_timeout=5)


def gathering(world, number, owner, address="office@gov.example", minutes=-1):
    """So many letters to one office that are to be gathered, marked by their number."""
    ids = world.write(Channel.EMAIL, [address], owner) + world.write(Channel.EMAIL, [""] * (number - 1), owner)
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    with Session(world.engine) as session, session.begin():
        for place, each in enumerate(session.scalars(select(StoredDelivery).where(delivery.c.id.in_(ids)))):
            each.next_attempt_at, each.gathers_at, each.gather_key = None, at, each.key_to_gather
            each.notice.digest = f"{owner[1]}的事项{place}"
            each.notice.seal = sealing.seal_of_notice(each.notice)
    return ids


def gather(world):
    with Session(world.engine) as session, session.begin():
        return digests.gather(session, world.clock.now(), None)


def test_an_office_gets_one_message_of_at_most_200_and_the_next_of_the_rest_and_nothing_of_others(world, mail):
    gathering(world, 230, ("division", COUNTY))
    gathering(world, 3, ("division", ELSEWHERE), "elsewhere@gov.example")
    sender = world.sender(by_mail(mail))

    assert gather(world) == 3 and gather(world) == 0
    world.turns(sender)

    assert sorted(len(each) for each in mail.letters_to.values()) == [1, 2]
    with Session(world.engine) as session:
        kept = session.execute(select(digest.c.subject, digest.c.body, digest.c.notices)).all()
    assert sorted(len(each.notices) for each in kept) == [3, 30, 200]
    for each in kept:
        assert f"（共{len(each.notices)}件）" in each.subject
        mine, other = (COUNTY, ELSEWHERE) if len(each.notices) > 3 else (ELSEWHERE, COUNTY)
        assert each.body.count(f"{mine}的事项") == len(each.notices) and other not in each.body
    rows = world.rows()
    assert {row.state for row in rows} == {State.SENT} and len({row.message_id for row in rows}) == 3
    with world.engine.connect() as connection:
        sent = connection.execute(text("SELECT count(DISTINCT aggregate_id), count(*) FROM outbox")).one()
    assert tuple(sent) == (233, 233)


def test_what_is_gathered_waits_for_its_time(world, mail):
    gathering(world, 3, ("division", COUNTY), minutes=10)

    assert gather(world) == 0
    world.turns(world.sender(by_mail(mail)))

    assert {row.state for row in world.rows()} == {State.PENDING} and not mail.taken


def test_a_digest_without_an_answer_is_sent_once_more_as_the_same_message_and_then_a_person_decides(world, mail):
    ids = gathering(world, 5, ("division", COUNTY))
    mail.plan["office@gov.example"] = ["drop after the dot"] * 2
    sender = world.sender(by_mail(mail))
    gather(world)

    world.work(sender)

    assert {(row.state, row.maybe_repeated) for row in world.rows()} == {(State.UNKNOWN, 2)}
    assert list(mail.taken.values()) == [2]
    # A person asks for it by any of its deliveries; the message is the same.
    with Session(world.engine) as session, session.begin():
        retry_delivery(session, PROVINCE, ids[3], world.clock)
    world.work(sender)
    assert {row.state for row in world.rows()} == {State.SENT} and list(mail.taken.values()) == [3]


def test_a_digest_for_an_office_without_an_address_is_gathered_anew_once_it_has_one(world, mail):
    gathering(world, 4, ("division", COUNTY))
    with world.engine.begin() as connection:
        connection.execute(text("DELETE FROM contact"))
    sender = world.sender(by_mail(mail))
    gather(world)
    world.turns(sender)
    assert {row.state for row in world.rows()} == {State.NO_ADDRESS}

    with Session(world.engine) as session, session.begin():
        world._contact(session, Channel.EMAIL, "division", COUNTY, "new@gov.example")
        assert Unaddressed(Channel.EMAIL).readdress(session, world.clock) == 4
    gather(world)
    world.turns(sender)

    assert {row.state for row in world.rows()} == {State.SENT} and list(mail.letters_to) == ["new@gov.example"]


def test_digests_are_kept_as_long_as_their_deliveries(world):
    gathering(world, 2, ("division", COUNTY))
    gather(world)
    settings = Settings.__new__(Settings)
    object.__setattr__(settings, "notice_days", 30)
    later = world.clock.now() + timedelta(days=40)

    def forget():
        with Session(world.engine) as session, session.begin():
            return digests.forget_digests(session, later, settings)

    assert forget() == 0
    with world.engine.begin() as connection:
        connection.execute(text("DELETE FROM delivery"))
    assert forget() == 1
