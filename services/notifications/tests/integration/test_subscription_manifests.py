"""What the other side can check by itself, and how long what it was given is kept."""

from __future__ import annotations

from collections import defaultdict
from hashlib import sha256

import pytest
from notice_world import tree
from sqlalchemy import func, select
from subscription_world import BUREAU, OFFICE, Giving

from chassis.errors import NotFound
from notifications.queries.subscriptions import EventsGone, FeedArguments, SequenceUnknown, events_after, sequence_at
from notifications.storage import public_place, subscription_event
from notifications.usecases import keeping, manifests, subscriptions
from notifications.usecases.subscriptions import Reason


@pytest.fixture
def giving(session, clock, personal_data):
    found = Giving(session, clock, personal_data)
    found.tell(*tree())
    return found


@pytest.fixture
def tell_days(giving, world, clock):
    """`tell_days(3, 0, 2)`: that many certificates on each of the days that follow each other, from today on."""
    firm = world.firm()
    person = world.person(firm)
    giving.tell(firm, person)

    def tell(*numbers):
        for place, number in enumerate(numbers):
            if place:
                clock.move(days=1)
            certificates = [world.certificate(person) for _ in range(number)]
            giving.tell(*certificates, *[world.revoked(each) for each in certificates[:1]])

    return tell


def of_the_other_side(events):
    """What a subscriber reckons from the events that it has."""
    ids = defaultdict(list)
    for event in events:
        ids[event["type"]].append(event["id"])
    return {
        kind: manifests.OfType(len(found), sha256("".join(f"{each}\n" for each in found).encode()).hexdigest())
        for kind, found in ids.items()
    }


def make_all(session, clock, settings=None):
    made = 0
    while manifests.make_next(session, clock.now(), settings):
        made += 1
    return made


def test_each_event_is_in_the_manifest_of_one_day_and_the_other_side_reckons_the_same(
    giving, tell_days, session, clock
):
    found = giving.live()
    first = clock.today()
    tell_days(3, 0, 2)
    assert make_all(session, clock) == 2

    given = giving.given(found)
    days = [manifests.manifest(session, found, first + n * manifests.DAY, clock) for n in range(3)]
    assert [(day.number, day.first_sequence, day.last_sequence, day.is_final) for day in days] == [
        (4, 1, 4, True),
        (0, None, 4, True),
        (3, 5, 7, False),
    ]
    for day in days:
        own = [] if day.first_sequence is None else given[day.first_sequence - 1 : day.last_sequence]
        assert day.types == of_the_other_side(own)


def test_a_manifest_is_given_at_once_and_stays_the_same_when_it_is_made(giving, tell_days, session, clock):
    found = giving.live()
    first = clock.today()
    tell_days(2, 1)

    before = [manifests.manifest(session, found, first + n * manifests.DAY, clock) for n in range(2)]
    make_all(session, clock)
    after = [manifests.manifest(session, found, first + n * manifests.DAY, clock) for n in range(2)]
    assert [vars(each) for each in before] == [vars(each) for each in after]
    for day in (first - manifests.DAY, first + 2 * manifests.DAY):
        with pytest.raises(NotFound):
            manifests.manifest(session, found, day, clock)


def test_an_approval_anew_begins_no_manifests_anew_and_an_end_ends_them(giving, tell_days, session, clock):
    found = giving.live()
    tell_days(1, 1)
    giving.change(found, purpose="其他")
    subscriptions.approve(session, OFFICE, found.id, found.version, clock)
    subscriptions.end(session, BUREAU, found.id, Reason("x"), clock)
    clock.move(days=9)

    assert make_all(session, clock) == 2


class Keeping:
    """Settings that keep what was given for so many days."""


@pytest.fixture
def kept_for(monkeypatch):
    def settings(days):
        monkeypatch.setattr(keeping, "Settings", Keeping)
        found = Keeping()
        found.subscription_days = days
        return found

    return settings


def test_what_nobody_reads_is_kept_for_some_days_and_a_reader_of_before_is_told(
    giving, tell_days, session, clock, kept_for
):
    found = giving.live()
    tell_days(2, 2, 2)
    settings = kept_for(1)
    assert keeping.forget_events(session, clock.now(), settings) == 0, "a day without its manifest stays"
    make_all(session, clock)
    while keeping.forget_events(session, clock.now(), settings):
        pass

    numbers = session.scalars(select(subscription_event.c.sequence).order_by(subscription_event.c.sequence)).all()
    assert numbers == [4, 5, 6, 7, 8, 9]
    assert len(events_after(session, found, FeedArguments(after=3))) == 6
    with pytest.raises(EventsGone) as gone:
        events_after(session, found, FeedArguments(after=2))
    assert gone.value.facts == {"first": 4, "last": 9}
    with pytest.raises(SequenceUnknown):
        events_after(session, found, FeedArguments(after=10))
    assert events_after(session, found, FeedArguments(after=9)) == []


def test_when_all_is_gone_a_reader_is_told_where_to_go_on(giving, tell_days, session, clock, kept_for):
    found = giving.live()
    tell_days(2)
    clock.move(days=3)
    make_all(session, clock)
    keeping.forget_events(session, clock.now(), kept_for(1))

    with pytest.raises(EventsGone) as gone:
        events_after(session, found, FeedArguments(after=0))
    assert gone.value.facts == {"first": 4, "last": 3}
    assert events_after(session, found, FeedArguments(after=3)) == []


def test_the_sequence_of_an_instant_is_found(giving, tell_days, session, clock):
    found = giving.live()
    begin = clock.now()
    tell_days(2, 0, 1)

    at = [sequence_at(session, found, begin + n * manifests.DAY) for n in (0, 1, 2, 3)]
    assert at == [1, 4, 4, 6]


def test_places_of_kinds_that_nobody_asks_for_go(giving, tell_days, session, clock):
    found = giving.live()
    tell_days(2)
    assert keeping.forget_places(session, clock.now(), None) == 0
    subscriptions.end(session, BUREAU, found.id, Reason("x"), clock)
    session.flush()

    assert keeping.forget_places(session, clock.now(), None) == 2
    assert session.scalar(select(func.count()).select_from(public_place)) == 0
