"""What an exclusion does at once to somebody in the pool and in office (R30), and what its end gives back."""

from datetime import date

import pytest
from registry_world import CHANGCHUN, PROVINCE, id_number
from sqlalchemy import text

from registry import queries
from registry.domain.talent import Talent
from registry.usecases.exclusions import Exclude, LiftExclusion, exclude, exclusions_turn, lift

FIRST = date(2026, 3, 2)  # the clock's day


@pytest.fixture
def firm(register):
    return register.firm()


@pytest.fixture
def holder(register, firm):
    person = register.person(firm)
    register.issue(person)
    return person


@pytest.fixture
def appointment(register, firm, holder):
    return register.appoint(holder, register.post(firm), date(2026, 2, 1))


def excluded(register, person, since=FIRST, until=None):
    command = Exclude(
        person_id=person.id, reason="伪造检验报告", document="示例〔2026〕9号", valid_from=since, valid_to=until
    )
    entry = exclude(register.session, CHANGCHUN, command, register.cipher, register.clock)
    register.session.flush()
    return entry


def set_rule(register, value):
    register.session.execute(
        text("UPDATE ruleset SET parameters = parameters || jsonb_build_object('on_excluded', CAST(:value AS text))"),
        {"value": value},
    )


def sweep(register):
    """Does what has fallen due, as the worker would."""
    rows = register.session.execute(
        text(
            "UPDATE due SET state = 'done' WHERE kind = 'exclusion.turn' AND state = 'planned' AND due_on <= :today "
            "RETURNING payload"
        ),
        {"today": register.clock.today()},
    )
    exclusions_turn(register.session, [row.payload["exclusion_id"] for row in rows], register.clock)
    register.session.flush()


def status(register, person):
    return register.session.get(Talent, person.id).status


def history(register, appointment):
    found = queries.appointment_history(register.session, appointment.id)
    return [(line.on, line.status, line.reason) for line in found]


def test_a_sitting_cqo_who_is_excluded_leaves_the_pool_and_is_suspended_at_once(register, holder, appointment):
    entry = excluded(register, holder)

    assert (status(register, holder), appointment.status) == ("lapsed", "suspended")
    assert appointment.causes == [f"excluded:{entry.id}"]
    [left], [suspended] = register.announced("talent.excluded"), register.announced("appointment.excluded")
    assert (left["person_id"], left["on"]) == (holder.id, "2026-03-02")
    assert (suspended["appointment_id"], suspended["on"], suspended["ruleset"]) == (appointment.id, "2026-03-02", 1)
    assert history(register, appointment)[-1] == (FIRST, "suspended", "excluded")
    assert register.gaps() == []


def test_the_rule_set_may_end_the_appointment_with_the_day_before(register, holder, appointment):
    set_rule(register, "end")
    excluded(register, holder)

    assert (appointment.status, appointment.ended_on) == ("ended", date(2026, 3, 1))
    assert [(each["reason"], each["on"]) for each in register.announced("appointment.ended")] == [
        ("holder_excluded", "2026-03-01")
    ]
    assert register.announced("appointment.excluded") == []


def test_the_rule_set_may_leave_the_appointment_as_it_is(register, holder, appointment):
    set_rule(register, "none")
    excluded(register, holder)

    assert (status(register, holder), appointment.status) == ("lapsed", "active")


def test_an_exclusion_takes_effect_on_its_day_and_gives_back_on_the_day_after_its_last(register, holder, appointment):
    excluded(register, holder, date(2026, 3, 10), date(2026, 3, 20))
    assert (status(register, holder), appointment.status) == ("in_pool", "active")

    register.clock.move(days=8)
    sweep(register)
    assert (status(register, holder), appointment.status) == ("lapsed", "suspended")
    register.clock.move(days=11)
    sweep(register)

    assert (status(register, holder), appointment.status, appointment.causes) == ("in_pool", "active", [])
    assert history(register, appointment)[1:] == [
        (date(2026, 3, 10), "suspended", "excluded"),
        (date(2026, 3, 21), "active", "exclusion_over"),
    ]
    assert [each["on"] for each in register.announced("appointment.restored", "talent.restored")] == ["2026-03-21"] * 2
    assert [each["reason"] for each in register.announced("appointment.restored")] == ["exclusion_over"]
    sweep(register)
    assert register.gaps() == []


def test_whoever_was_down_when_it_began_and_ended_hears_both(register, holder, appointment):
    excluded(register, holder, date(2026, 3, 10), date(2026, 3, 20))
    register.clock.move(days=30)
    sweep(register)

    assert history(register, appointment)[1:] == [
        (date(2026, 3, 10), "suspended", "excluded"),
        (date(2026, 3, 21), "active", "exclusion_over"),
    ]


def test_an_exclusion_that_is_lifted_early_gives_back_from_the_next_day(register, holder, appointment):
    entry = excluded(register, holder, until=date(2026, 12, 31))
    register.clock.move(days=5)
    lift(register.session, PROVINCE, entry.id, LiftExclusion(date(2026, 3, 7), "示例〔2026〕19号"), register.clock)
    assert appointment.status == "suspended"

    register.clock.move(days=1)
    sweep(register)

    assert (status(register, holder), appointment.status) == ("in_pool", "active")
    assert history(register, appointment)[-1] == (date(2026, 3, 8), "active", "exclusion_over")
    register.clock.move(days=400)
    sweep(register)
    assert len(register.announced("appointment.restored")) == 1


def test_a_second_exclusion_keeps_what_the_end_of_the_first_would_give_back(register, holder, appointment):
    excluded(register, holder, until=date(2026, 3, 5))
    excluded(register, holder, date(2026, 3, 4), date(2026, 3, 20))
    register.clock.move(days=6)
    sweep(register)
    assert (status(register, holder), appointment.status) == ("lapsed", "suspended")

    register.clock.move(days=20)
    sweep(register)
    assert (status(register, holder), appointment.status) == ("in_pool", "active")
    assert len(register.announced("appointment.excluded")) == len(register.announced("appointment.restored")) == 1


def test_the_end_of_an_exclusion_gives_back_nothing_that_the_certificate_no_longer_gives(register, holder, appointment):
    excluded(register, holder, until=date(2026, 3, 20))
    register.clock.move(days=8)
    register.revoke(holder, f"{holder.id}-1", date(2026, 3, 10))
    register.clock.move(days=20)
    sweep(register)

    assert (status(register, holder), appointment.status) == ("lapsed", "suspended")
    assert appointment.causes == [f"certificate_revoked:{holder.id}-1"]
    assert register.announced("talent.restored", "appointment.restored") == []


def test_whoever_earns_a_certificate_while_excluded_enters_the_pool_when_that_is_over(register, firm):
    person = register.person(firm)
    excluded(register, person, until=date(2026, 3, 20))
    register.clock.move(days=3)
    register.issue(person, date(2026, 3, 5), date(2029, 3, 4))
    assert register.session.get(Talent, person.id) is None

    register.clock.move(days=20)
    sweep(register)

    assert status(register, person) == "in_pool"
    assert [each["on"] for each in register.announced("talent.admitted")] == ["2026-03-21"]
    register.suspend(person, f"{person.id}-1", date(2026, 3, 24))
    left = register.announced("talent.excluded", "talent.lapsed", "talent.restored")
    assert [(each["on"], each.get("reason")) for each in left] == [("2026-03-24", "suspended")]


def test_an_exclusion_entered_late_holds_from_its_day(register, holder, appointment):
    excluded(register, holder, date(2026, 2, 15))

    assert history(register, appointment) == [
        (date(2026, 2, 1), "active", None),
        (date(2026, 2, 15), "suspended", "excluded"),
    ]


def test_somebody_excluded_by_number_before_they_were_registered_is_excluded_then(register, firm):
    command = Exclude(id_number=id_number(2), reason="示例", document="示例〔2026〕9号", valid_from=date(2026, 1, 1))
    exclude(register.session, PROVINCE, command, register.cipher, register.clock)
    person = register.person(firm, id_number=id_number(2))
    register.issue(person)

    assert register.session.get(Talent, person.id) is None
    assert register.announced("talent.admitted") == []


def test_whoever_is_excluded_is_told_once_whether_in_office_in_the_pool_or_neither(register, firm, holder, appointment):
    candidate = register.person(firm)
    for person in (holder, candidate):
        excluded(register, person, until=date(2026, 3, 10))
    register.clock.move(days=9)
    sweep(register)

    told = register.announced("person.excluded")
    assert [(each["person_id"], each["in_office"]) for each in told] == [(holder.id, True), (candidate.id, False)]
    assert told[0]["valid_until"] == "2026-03-10" and "reason" not in told[0]
    assert register.gaps() == []


def test_of_an_exclusion_of_a_later_day_it_is_told_when_that_has_come_and_not_again_at_its_end(register, firm):
    person = register.person(firm)
    excluded(register, person, since=date(2026, 3, 12), until=date(2026, 3, 20))
    assert register.announced("person.excluded") == []
    for days, times in ((10, 1), (9, 1)):
        register.clock.move(days=days)
        sweep(register)
        assert len(register.announced("person.excluded")) == times
