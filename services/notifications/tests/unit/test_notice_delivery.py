"""The life of a notice on one channel."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from notifications.domain.notice import (
    MAX_ATTEMPTS,
    Accepted,
    AlreadyDelivered,
    Channel,
    Delivery,
    Notice,
    Refused,
    State,
    Unanswered,
)

NOW, TODAY = datetime(2026, 3, 2, 1, tzinfo=UTC), date(2026, 3, 2)


def letter(channel=Channel.EMAIL):
    notice = Notice("n-1", "e-1", "certificate_issued", "event:e-1", TODAY, "person", "p-1", "220102", "s", "b", NOW)
    return Delivery("d-1", notice, channel)


def attempt(delivery, result):
    delivery.begin(sender=7, address="sealed")
    return delivery.settle(result, NOW, TODAY)


def test_a_letter_that_is_taken_is_sent_and_keeps_the_answer():
    delivery = letter()

    event = attempt(delivery, Accepted("250 2.0.0 kept"))

    assert (delivery.state, delivery.answer, delivery.attempts, delivery.sender) == (
        State.SENT,
        "250 2.0.0 kept",
        1,
        None,
    )
    assert (event.type, event.delivery_id, event.notice_id, event.channel, event.cause_id) == (
        "notice.sent.v1",
        "d-1",
        "n-1",
        Channel.EMAIL,
        "e-1",
    )


def test_a_letter_in_a_senders_hands_says_whose():
    delivery = letter()

    delivery.begin(sender=7, address="sealed")

    assert (delivery.state, delivery.sender) == (State.SENDING, 7)


def test_a_letter_refused_for_now_is_tried_again_after_5_s_30_s_5_min_and_1_h():
    delivery = letter()
    waits = []
    for _ in range(5):
        assert attempt(delivery, Refused("451 try later", permanent=False)) is None
        waits.append(delivery.wait)

    assert delivery.state == State.PENDING
    assert waits == [5, 30, 300, 3600, 3600]


def test_a_letter_refused_for_good_has_failed_with_the_answer_as_reason():
    delivery = letter()

    event = attempt(delivery, Refused("550 no such mailbox", permanent=True))

    assert delivery.state == State.FAILED
    assert (event.type, event.reason) == ("notice.failed.v1", "550 no such mailbox")


def test_a_letter_whose_attempts_are_used_up_has_failed():
    delivery = letter()
    events = [attempt(delivery, Refused("451 try later", permanent=False)) for _ in range(MAX_ATTEMPTS)]

    assert delivery.state == State.FAILED
    assert [event for event in events if event] == [events[-1]]


def test_a_letter_without_an_answer_is_tried_again_and_counted_as_maybe_repeated():
    delivery = letter()

    assert attempt(delivery, Unanswered("connection lost")) is None
    first = delivery.message_id
    attempt(delivery, Accepted("250 ok"))

    assert (delivery.state, delivery.maybe_repeated) == (State.SENT, 1)
    assert delivery.message_id == first is not None


def test_a_letter_twice_without_an_answer_waits_for_a_person_and_each_further_try_is_asked_for():
    delivery = letter()
    attempt(delivery, Unanswered("connection lost"))

    event = attempt(delivery, Unanswered("connection lost"))

    assert (delivery.state, event.reason) == (State.UNKNOWN, "unknown")
    delivery.retry()
    assert attempt(delivery, Unanswered("connection lost")).reason == "unknown"
    assert (delivery.state, delivery.maybe_repeated) == (State.UNKNOWN, 3)


def test_the_identity_of_a_notice_is_that_of_its_event_kind_recipient_and_channel_and_not_of_its_row():
    one, other = letter(), letter()
    other.notice.id, other.id = "n-2", "d-2"
    other.notice.cause_id = "e-2"

    assert one.notice.identity_on(Channel.EMAIL) == other.notice.identity_on(Channel.EMAIL)
    assert one.notice.identity_on(Channel.EMAIL) != one.notice.identity_on(Channel.SMS)
    other.notice.recipient_id = "p-2"
    assert one.notice.identity_on(Channel.EMAIL) != other.notice.identity_on(Channel.EMAIL)


def test_a_letter_that_came_back_has_bounced_once():
    delivery = letter()
    attempt(delivery, Accepted("250 ok"))

    event = delivery.bounce("5.1.1 no such user", TODAY)

    assert (delivery.state, event.type, event.reason) == (State.BOUNCED, "notice.failed.v1", "5.1.1 no such user")
    assert delivery.bounce("5.1.1 no such user", TODAY) is None


@pytest.mark.parametrize("doubtful", [State.PENDING, State.UNKNOWN])
def test_a_receipt_ends_all_doubt(doubtful):
    delivery = letter(Channel.SMS)
    delivery.state = doubtful

    assert delivery.arrive(NOW, TODAY).type == "notice.sent.v1"
    assert (delivery.state, delivery.delivered_at) == (State.SENT, NOW)
    assert delivery.arrive(NOW, TODAY) is None


def test_a_robot_reaches_offices_only():
    assert [Channel.ROBOT.reaches(kind) for kind in ("person", "enterprise", "division")] == [False, False, True]


def test_a_recipient_without_an_address_is_told_apart_from_one_who_was_refused():
    delivery = letter()

    event = delivery.lacks_address(TODAY)

    assert (delivery.state, event.reason) == (State.NO_ADDRESS, "no_address")


def test_a_notice_in_an_inbox_is_sent_at_once():
    delivery = letter(Channel.IN_APP)

    assert delivery.show(NOW, TODAY).channel == Channel.IN_APP
    assert (delivery.state, delivery.sent_at) == (State.SENT, NOW)


def test_what_failed_can_be_tried_again_from_the_beginning():
    delivery = letter()
    attempt(delivery, Refused("550 no such mailbox", permanent=True))

    delivery.retry()

    assert (delivery.state, delivery.attempts) == (State.PENDING, 0)


@pytest.mark.parametrize("state", [State.PENDING, State.SENDING, State.SENT])
def test_what_did_not_fail_is_not_tried_again(state):
    delivery = letter()
    delivery.state = state

    with pytest.raises(AlreadyDelivered):
        delivery.retry()
