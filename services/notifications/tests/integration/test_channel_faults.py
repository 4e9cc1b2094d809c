"""What becomes of letters when servers answer, break off and hang as they do: figures by identity, printed."""

from __future__ import annotations

from collections import Counter

import pytest
from faulty_servers import FaultyGateway, FaultyMail, serving
from sending_world import shown
from sqlalchemy import text
from sqlalchemy.orm import Session

from notifications.adapters.mail.connection import MailConnection
from notifications.adapters.mail.server import parse_url
from notifications.adapters.sms import Gateway, SmsConnection
from notifications.domain.notice import Channel, State
from notifications.usecases import letters
from testkit.statements import statements

EACH = 5  # letters


@pytest.fixture
def world(sending_world):
    return sending_world


# One after the other; or together, by a server that refuses a text without a recipient, or asks for it all the same.
@pytest.fixture(params=[None, "503", "354"])
def mail(request):
    with serving(FaultyMail(request.param)) as server:
        yield server


@pytest.fixture
def gateway():
    with serving(FaultyGateway()) as server:
        yield server


def by_mail(mail):
    return MailConnection(parse_url(mail.url), "no-reply@cqo.invalid", timeout=5, final_timeout=0.3)


def by_text(gateway, **more):
    return SmsConnection(Gateway(f"{gateway.url}/send", "key", "吉林质监", timeout=0.3, **more))


# What the mail server does at the first attempts, and what becomes of each letter.
MAIL = {
    "421 4.3.2 shutting down": (State.SENT, 0),
    "450 4.2.0 greylisted": (State.SENT, 0),
    "550 5.7.1 no thanks": (State.FAILED, 0),
    "drop before data": (State.SENT, 0),
    "drop mid data": (State.SENT, 1),
    "drop after the dot": (State.SENT, 1),
    "hang after the dot": (State.SENT, 1),
}


@pytest.mark.parametrize("fault", MAIL)
def test_a_mail_server_that_fails_once_loses_nothing_and_doubles_only_what_it_never_answered(world, mail, fault):
    addresses = [f"p{number}@firm.example" for number in range(EACH)]
    mail.plan = {address: [fault] for address in addresses}
    world.write(Channel.EMAIL, addresses)

    world.work(world.sender(by_mail(mail)))

    figures = world.figures(mail.taken)
    way = f"DATA after a refusal: {mail.pipelining}" if mail.pipelining else "one command at a time"
    shown(f"mail server, {way}: {fault}, once for each of {EACH}", figures)
    state, in_doubt = MAIL[fault]
    assert {(row.state, row.maybe_repeated) for row in world.rows()} == {(state, in_doubt)}
    assert figures["lost"] == figures["pending"] == figures["more than doubled"] == 0
    assert figures["doubled"] == (EACH if "the dot" in fault else 0)


def test_a_mail_server_that_never_answers_gets_no_letter_a_third_time(world, mail):
    addresses = [f"p{number}@firm.example" for number in range(EACH)]
    mail.plan = {address: ["drop after the dot"] * 9 for address in addresses}
    world.write(Channel.EMAIL, addresses)

    world.work(world.sender(by_mail(mail)))

    figures = world.figures(mail.taken)
    shown(f"mail server: never answers, {EACH} letters", figures)
    assert set(mail.taken.values()) == {2} and figures["unknown"] == EACH and figures["lost"] == 0
    assert {(row.attempts, row.next_attempt_at) for row in world.rows()} == {(2, None)}


GATEWAY = {
    "hang": (State.SENT, 1),
    "drop": (State.SENT, 1),
    "504": (State.SENT, 1),
    "429": (State.SENT, 0),
    "503": (State.SENT, 0),
    "errcode busy": (State.SENT, 0),
    "errcode forbidden_words": (State.FAILED, 0),
    "400": (State.FAILED, 0),
    "302": (State.SENT, 0),
}


@pytest.mark.parametrize("fault", GATEWAY)
def test_a_gateway_that_fails_once_loses_nothing_and_gets_the_same_identity_again(world, gateway, fault):
    phones = [f"1380000000{number}" for number in range(EACH)]
    gateway.plan.update({phone: [fault] for phone in phones})
    world.write(Channel.SMS, phones)

    world.work(world.sender(by_text(gateway)))

    figures = world.figures(gateway.taken)
    shown(f"SMS gateway: {fault}, once for each of {EACH}", figures)
    state, in_doubt = GATEWAY[fault]
    assert {(row.state, row.maybe_repeated) for row in world.rows()} == {(state, in_doubt)}
    assert figures["lost"] == figures["pending"] == figures["more than doubled"] == 0
    assert figures["doubled"] == (EACH if in_doubt else 0)
    # What comes a second time the gateway knows by its key, and need not send.
    used = {request["headers"]["Idempotency-Key"] for request in gateway.requests}
    assert used == {request["json"]["id"] for request in gateway.requests} and len(used) == EACH
    assert {request["path"] for request in gateway.requests} == {"/send"}


def test_a_gateway_that_times_out_each_time_after_having_sent_sends_nothing_a_third_time(world, gateway):
    gateway.plan["13800000001"] = ["hang"] * 9
    world.write(Channel.SMS, ["13800000001"])

    world.work(world.sender(by_text(gateway)))

    shown("SMS gateway: never answers, 1 message", world.figures(gateway.taken))
    assert world.rows()[0].state == State.UNKNOWN and list(gateway.taken.values()) == [2]


def test_text_messages_go_over_one_connection_and_say_who_sends_them(world, gateway):
    world.write(Channel.SMS, [f"1380000000{number}" for number in range(EACH)])

    world.work(world.sender(by_text(gateway, template="T1")))

    assert gateway.connections == 1
    content = gateway.requests[0]["json"]
    assert content["text"].startswith("【吉林质监】关于颁发证书的通知") and content["template"] == "T1"
    assert gateway.requests[0]["headers"]["Authorization"] == "Bearer key"


def released(world):
    """How many letters of senders that died were given back; the database notices their end in its own time."""
    with Session(world.engine) as session, session.begin():
        return letters.release_orphans(session, world.clock).total()


def test_a_letter_whose_senders_died_twice_is_unknown_and_nobody_sends_it_again(world, mail, wait_until):
    world.write(Channel.EMAIL, ["p@firm.example"])
    for _ in range(2):
        # It handed the letter over and died before the answer was entered.
        dead = world.sender(by_mail(mail))
        while not dead.answered:
            dead.turn()
        dead.answered = []
        dead._drop_database()
        wait_until(lambda: released(world), 10)
    world.turns(world.sender(by_mail(mail)))

    shown("senders that die after each letter, 1 letter", world.figures(mail.taken))
    assert list(mail.taken.values()) == [2]
    assert [(row.state, row.maybe_repeated) for row in world.rows()] == [(State.UNKNOWN, 2)]
    with world.engine.connect() as connection:
        reason = connection.execute(text("SELECT type, data ->> 'reason' FROM outbox")).one()
    assert tuple(reason) == ("notice.failed.v1", "unknown")


@pytest.mark.parametrize("number", [1, 10])
def test_letters_taken_and_settled_together_take_the_same_statements_however_many(world, mail, number):
    world.write(Channel.EMAIL, [f"p{each}@firm.example" for each in range(number)])
    sender = world.sender(by_mail(mail))
    sender.turn()  # connects
    sender.room = number
    assert sender.database is not None

    with statements(sender.database) as taking:
        sender.turn()
    with statements(sender.database) as settling:
        sender.turn()

    assert len(mail.taken) == number
    # The letters, and that it has them; then which of them it still has, their events and answers, and what is next.
    assert (len(taking), len(settling)) == (2, 5)


def test_a_letter_behind_many_without_an_address_is_sent_in_one_turn_and_no_more_than_there_is_room_for(world, mail):
    world.write(Channel.EMAIL, [f"p{number}@firm.example" for number in range(300)])
    with world.engine.begin() as connection:
        connection.execute(text("DELETE FROM contact"))
    world.write(Channel.EMAIL, ["a@firm.example", "b@firm.example"])
    sender = world.sender(by_mail(mail))
    sender.turn()  # connects

    sender.turn()

    found = Counter(row.state for row in world.rows())
    assert found == {State.NO_ADDRESS: 300, State.SENDING: 1, State.PENDING: 1}
