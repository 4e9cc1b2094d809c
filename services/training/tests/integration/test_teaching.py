"""Who teaches a class, of the pool of trainers (R6), and where it is held: seats, days, mode; on a real database."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from training_world import BEGIN, CENTRE, END, LENGTHS, Centre

from chassis.data import engine_for
from chassis.errors import InvalidInput
from chassis.http import PageArguments
from testkit import divisions
from training import queries
from training.domain.class_refusals import (
    BlockUnknown,
    LinkMissing,
    OnlineAtVenue,
    TrainerOutsidePool,
    VenueMissing,
)
from training.domain.trainer import LeavesBeforeEntering, TrainerStatus
from training.domain.training_class import BLOCKS, ClassMode
from training.domain.venue import CapacityBeyondSeats, VenueClosed, VenueHasClasses, VenueTaken
from training.queries import TrainerFilters, VenueFilters
from training.usecases import class_changes, trainers, venues
from training.usecases.class_changes import CancelClass, ChangeClass
from training.usecases.classes import NewSession
from training.usecases.trainers import ChangeTrainer, EnterTrainer
from training.usecases.venues import ChangeVenue, EnterVenue

LAW = "quality_safety_law"
LINK = "https://example.org/class"


@pytest.fixture
def hall(centre):
    return enter_venue(centre)


def enter_venue(centre, seats=60, **more):
    days = {"valid_from": date(2025, 1, 1), "valid_until": date(2026, 12, 31)}
    command = EnterVenue(
        **{"name": "示例厅", "division": "220102", "address": "示例路1号", "seats": seats, **days, **more}
    )
    return venues.enter(centre.session, CENTRE, command, centre.clock)


def enter_trainer(centre, blocks=BLOCKS, since=date(2025, 1, 1), until=None, name="示例讲师甲"):
    command = EnterTrainer(name, "示例大学", blocks, since, "示例聘〔2025〕1号", "教授", until)
    return trainers.enter(centre.session, CENTRE, command, centre.clock)


def change_class(centre, training_class, **changes):
    command, version = ChangeClass(reason="示例", **changes), training_class.version
    return class_changes.change(centre.session, CENTRE, training_class.id, version, command, centre.clock)


def change_trainer(centre, trainer, **changes):
    command, version = ChangeTrainer(document="示例聘〔2026〕2号", **changes), trainer.version
    return trainers.change(centre.session, CENTRE, trainer.id, version, command, centre.clock)


def warned(training_class):
    """What it is held in spite of, but that the year of these tests has no plan."""
    return {each.code: list(each.about) for each in training_class.warnings if each.code != "no_plan"}


def test_a_class_names_trainers_of_the_pool_and_is_warned_of_whom_it_has_from_outside(centre):
    law = enter_trainer(centre, [LAW])
    held = centre.schedule(trainers={LAW: law.id})

    assert [block.trainer for block in held.blocks] == ["示例讲师", "示例讲师甲", "示例讲师"]
    assert warned(held) == {"trainer_outside_pool": [block for block in BLOCKS if block != LAW]}


@pytest.mark.parametrize(
    "entry",
    [
        {"blocks": ["advanced_methods"]},
        {"since": BEGIN + timedelta(days=1)},
        {"until": END - timedelta(days=1)},
    ],
)
def test_by_the_rule_set_nobody_teaches_who_is_not_of_the_pool_for_the_block_on_each_of_its_days(centre, entry):
    centre.publish_rules(date(2026, 3, 3), trainer_outside_pool="refuse")
    outside, inside = enter_trainer(centre, **entry), enter_trainer(centre)
    with pytest.raises(TrainerOutsidePool) as refused:
        centre.schedule(trainers=dict.fromkeys(BLOCKS, inside.id) | {LAW: outside.id})

    assert refused.value.facts == {"blocks": [LAW]}
    assert warned(centre.schedule(trainers=dict.fromkeys(BLOCKS, inside.id))) == {}


def test_a_trainer_is_needed_on_the_days_of_their_sessions_only(centre):
    sessions = [NewSession(BEGIN + timedelta(days=n), block, LENGTHS[block]) for n, block in enumerate(BLOCKS)]
    guest = enter_trainer(centre, since=BEGIN, until=BEGIN)
    held = centre.schedule(sessions=sessions, trainers={BLOCKS[0]: guest.id})

    assert warned(held) == {"trainer_outside_pool": list(BLOCKS[1:])}


def test_who_is_suspended_or_has_left_teaches_no_class_any_more_and_another_takes_over(centre):
    first, second = enter_trainer(centre), enter_trainer(centre, name="示例讲师乙")
    held = centre.schedule(trainers=dict.fromkeys(BLOCKS, first.id))
    assert warned(held) == {}

    change_trainer(centre, first, status=TrainerStatus.SUSPENDED)
    moved = change_class(centre, held, ends_on=END + timedelta(days=1))
    assert warned(moved) == {"trainer_outside_pool": list(BLOCKS)}

    changed = change_class(centre, moved, trainers=dict.fromkeys(BLOCKS, second.id))
    assert warned(changed) == {} and {block.trainer for block in changed.blocks} == {"示例讲师乙"}
    with pytest.raises(LeavesBeforeEntering):
        change_trainer(centre, second, valid_until=date(2024, 12, 31))


def test_a_trainer_or_a_venue_that_there_is_not_is_named(centre):
    with pytest.raises(InvalidInput) as refused:
        centre.schedule(trainers={LAW: "nobody"})
    assert refused.value.facts["errors"][0]["pointer"] == f"/trainers/{LAW}"
    with pytest.raises(InvalidInput) as refused:
        centre.schedule(venue_id="nowhere")
    assert refused.value.facts["errors"][0]["pointer"] == "/venue_id"
    with pytest.raises(BlockUnknown):
        centre.schedule(trainers={"reading": enter_trainer(centre).id})
    with pytest.raises(InvalidInput) as refused:
        enter_venue(centre, division="999999")
    assert refused.value.facts["errors"][0]["pointer"] == "/division"


def test_the_pool_is_found_by_block_and_day_with_the_hours_taught_by_year(centre):
    law, left = enter_trainer(centre, [LAW]), enter_trainer(centre, [LAW], until=date(2025, 12, 31))
    sessions = [NewSession(date(2026, 12, 31), "update", 6), NewSession(date(2027, 1, 2), "update", 10)]
    days = {"starts_on": date(2026, 12, 31), "ends_on": date(2027, 1, 2)}
    held = centre.schedule(
        kind="continuing", lengths={"update": 16}, sessions=sessions, trainers={"update": law.id}, **days
    )
    first = centre.schedule(trainers={LAW: law.id})
    centre.schedule(trainers={LAW: law.id})  # is never closed
    centre.go_to(date(2027, 1, 2))
    centre.close(held)
    centre.close(first)

    assert queries.get_trainer(centre.session, law.id).hours_taught == {"2026": 18, "2027": 10}
    found = queries.list_trainers(centre.session, TrainerFilters(LAW, date(2026, 3, 2)), PageArguments(50))
    assert [each.id for each in found.items] == [law.id]
    assert left.id in {
        each.id for each in queries.list_trainers(centre.session, TrainerFilters(LAW), PageArguments(50)).items
    }


def test_a_class_at_a_venue_has_its_address_and_never_more_places_than_seats(centre, hall):
    with pytest.raises(CapacityBeyondSeats) as refused:
        centre.schedule(venue_id=hall.id, capacity=61)
    assert refused.value.facts == {"capacity": 61, "seats": 60}

    held = centre.schedule(venue_id=hall.id, capacity=60)
    assert held.venue == "示例厅（示例路1号）"
    with pytest.raises(CapacityBeyondSeats):
        change_class(centre, held, capacity=61)


def test_a_venue_is_used_on_the_days_on_which_it_is_open(centre, hall):
    with pytest.raises(VenueClosed) as refused:
        centre.schedule(venue_id=hall.id, capacity=60, starts_on=date(2026, 12, 30), ends_on=date(2027, 1, 3))

    assert refused.value.facts == {"first_day": "2027-01-01"}


def test_two_classes_are_not_at_one_venue_on_the_same_day_unless_the_rule_set_only_warns(centre, hall):
    first = centre.schedule(venue_id=hall.id, capacity=60)
    with pytest.raises(VenueTaken) as refused:
        centre.schedule(venue_id=hall.id, capacity=60, starts_on=END, ends_on=END)
    assert refused.value.facts == {"classes": [first.id]}
    after = centre.schedule(venue_id=hall.id, capacity=60, starts_on=END + timedelta(1), ends_on=END + timedelta(2))
    with pytest.raises(VenueTaken), centre.session.begin_nested():
        change_class(centre, after, starts_on=END)

    command = CancelClass("示例")
    class_changes.cancel(centre.session, CENTRE, first.id, first.version, command, centre.clock)
    centre.schedule(venue_id=hall.id, capacity=60)
    centre.publish_rules(date(2026, 3, 3), venue_taken="warn")
    assert set(warned(centre.schedule(venue_id=hall.id, capacity=60))) == {"venue_taken", "trainer_outside_pool"}


def test_of_two_classes_scheduled_at_once_at_one_venue_only_one_finds_it_free(make_database, clock):
    engine = engine_for(make_database("training"), "test")
    with Session(engine) as session, session.begin():
        divisions.place(session)
        venue_id = enter_venue(Centre(session, clock)).id
    together, outcomes = threading.Barrier(2), []

    def schedule():
        try:
            with Session(engine) as session, session.begin():
                together.wait()
                Centre(session, clock).schedule(venue_id=venue_id, capacity=60)
            outcomes.append("scheduled")
        except VenueTaken:
            outcomes.append("refused")

    threads = [threading.Thread(target=schedule) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(outcomes) == ["refused", "scheduled"]


def test_classes_with_sessions_on_other_days_share_a_venue(centre, hall):
    def sessions(first):
        days = [first + timedelta(days=2 * n) for n in range(3)]
        return [NewSession(day, block, LENGTHS[block]) for day, block in zip(days, BLOCKS, strict=True)]

    centre.schedule(venue_id=hall.id, capacity=60, sessions=sessions(BEGIN))
    end = BEGIN + timedelta(days=5)
    centre.schedule(venue_id=hall.id, capacity=60, sessions=sessions(BEGIN + timedelta(days=1)), ends_on=end)
    with pytest.raises(VenueTaken):
        centre.schedule(venue_id=hall.id, capacity=60, sessions=sessions(BEGIN + timedelta(days=1)), ends_on=end)


@pytest.mark.parametrize(
    ("mode", "where", "refusal"),
    [
        (ClassMode.ON_SITE, {"venue": None}, VenueMissing),
        (ClassMode.MIXED, {"venue": None, "link": LINK}, VenueMissing),
        (ClassMode.MIXED, {}, LinkMissing),
        (ClassMode.ONLINE, {"venue": None}, LinkMissing),
        (ClassMode.ONLINE, {"link": LINK}, OnlineAtVenue),
    ],
)
def test_each_mode_says_where_it_is_held(centre, mode, where, refusal):
    with pytest.raises(refusal):
        centre.schedule(mode=mode, **where)


def test_who_is_invited_reads_the_address_the_link_or_both(centre):
    online = centre.schedule(mode=ClassMode.ONLINE, venue=None, link=LINK)
    mixed = centre.schedule(mode=ClassMode.MIXED, link=LINK)
    assert (online.where, mixed.where) == (LINK, f"示例市示例路1号；{LINK}")

    centre.nominate(mixed, centre.somebody())
    change_class(centre, mixed, mode=ClassMode.ONLINE)
    assert (mixed.venue, mixed.where) == (None, LINK)
    assert [event["venue"] for event in centre.announced("nomination.rescheduled", "class.changed")] == [LINK, LINK]


def test_a_class_of_an_earlier_version_that_says_no_place_may_be_changed_but_for_its_place(centre):
    held = centre.schedule()
    centre.session.flush()
    centre.session.execute(text("UPDATE training_class SET venue = NULL"))
    centre.session.expire_all()

    assert change_class(centre, held, capacity=400).capacity == 400
    with pytest.raises(VenueMissing):
        change_class(centre, held, mode=ClassMode.MIXED, link=LINK)


def test_a_venue_keeps_the_seats_and_days_that_its_open_classes_need(centre, hall):
    held = centre.schedule(venue_id=hall.id, capacity=50)

    def change(**changes):
        return venues.change(centre.session, CENTRE, hall.id, hall.version, ChangeVenue(**changes), centre.clock)

    with pytest.raises(VenueHasClasses) as refused, centre.session.begin_nested():
        change(seats=49)
    assert refused.value.facts == {"classes": [held.id]}
    assert change(seats=50).seats == 50
    with pytest.raises(VenueHasClasses), centre.session.begin_nested():
        change(valid_until=END - timedelta(days=1))
    listed = queries.list_venues(centre.session, VenueFilters("220102", END), PageArguments(50))
    assert [each.id for each in listed.items] == [hall.id]
