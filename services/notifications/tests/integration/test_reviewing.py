"""A letter that waited until another day is checked again, and says what is true on the day on which it is sent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from notifications.adapters import seals
from notifications.domain.notice import Channel, State
from notifications.storage import delivery, notice
from notifications.usecases import letters
from notifications.usecases.limits import Limit
from testkit.statements import statements

ENDS = date(2029, 3, 1)


@pytest.fixture
def reminded(session, world, tell, sweep, clock):
    """A certificate of which everybody was reminded 90 days before its end; the letters wait."""
    firm = world.firm()
    person = world.person(firm)
    issued = world.certificate(person)
    tell(firm, person, issued, world.contact("person", person.subject, "li@people.example"))
    session.execute(update(delivery).values(state=State.SENT))
    clock.at = datetime(2028, 12, 1, 1, tzinfo=UTC)
    sweep()
    session.execute(update(delivery).where(delivery.c.state == State.PENDING).values(next_attempt_at=func.now()))
    return issued


def test_it_says_the_days_that_are_left_when_it_is_sent_and_the_inbox_what_it_said(session, reminded, clock):
    clock.move(days=4)

    (taken,) = letters.take(session, Channel.EMAIL, 1, 10, clock)

    text = taken.text
    assert "还有86日" in text.body and text.body.endswith("2028年12月5日\n") and "86日后" in text.subject
    assert "还有90日" in taken.notice.body
    kept = session.execute(select(delivery.c.subject, delivery.c.written_on).where(delivery.c.id == taken.id)).one()
    assert tuple(kept) == (text.subject, date(2028, 12, 5))
    # Given back and taken on the same day it is as it was; on another it is written anew.
    letters.release(session, 1, [])
    assert letters.take(session, Channel.EMAIL, 1, 10, clock)[0].text == text
    letters.release(session, 1, [])
    clock.move(days=1)
    assert "还有85日" in letters.take(session, Channel.EMAIL, 1, 10, clock)[0].text.body


def test_it_is_withdrawn_where_it_holds_no_longer_and_says_why(session, world, tell, reminded, clock):
    until = (ENDS + timedelta(days=1096)).isoformat()
    of = {"previous_valid_until": ENDS.isoformat(), "valid_until": until}
    tell(world.of_certificate("renewed", reminded, date(2028, 12, 3), **of))
    clock.move(days=4)

    taken = letters.take(session, Channel.EMAIL, 1, 10, clock)

    assert [each.notice.kind for each in taken] == ["certificate_renewed"]
    kept = select(delivery.c.state, delivery.c.answer).join(notice).where(notice.c.kind == "certificate_expiring")
    mailed = session.execute(kept.where(delivery.c.channel == Channel.EMAIL)).all()
    assert set(map(tuple, mailed)) == {(State.WITHDRAWN, f"the certificate is valid until {until}")}


def test_what_waits_on_after_it_was_written_anew_is_sealed_as_it_stands(session, reminded, clock):
    clock.move(days=4)
    full = Limit("daily", "all", clock.now(), clock.now() + timedelta(days=1), amount=1, most=0)

    assert letters.take(session, Channel.EMAIL, 1, 10, clock, lambda _: [full]) == []

    (kept,) = session.execute(select(delivery).where(delivery.c.waits_for == "daily"))
    assert kept.written_on == date(2028, 12, 5)
    assert seals.in_use().fits_delivery(kept._mapping)


def test_what_was_written_today_costs_nothing(session, reminded, clock):
    with statements(session.connection()) as sent:
        assert len(letters.take(session, Channel.EMAIL, 1, 10, clock)) == 1

    # Taken, stored, and the outbox of those without an address; as before.
    assert len(sent) <= 3, sent


def test_a_letter_that_cannot_be_written_anew_goes_out_with_its_own_date(session, reminded, clock):
    session.execute(update(notice).values(kind="incident_reported"))  # whose text asks for what is not in the data
    clock.move(days=4)

    (taken,) = letters.take(session, Channel.EMAIL, 1, 10, clock)

    assert taken.text.body == taken.notice.body
