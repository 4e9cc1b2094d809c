from datetime import date, timedelta

import pytest
from training_makers import RULES, continuing_class, enrolled, initial_class, rules

from training.domain.class_refusals import BlockUnknown, ClassIsClosed, ClassNotOver, ClassTooShort, SessionUnknown
from training.domain.enrolment import (
    AttendedBySession,
    Enrolment,
    HoursBeyondBlock,
    HoursBeyondSession,
    TooManySittings,
)
from training.domain.training_class import ClassSession

DAY = date(2026, 3, 13)


def test_who_attends_and_passes_the_exam_passes_and_the_rule_set_is_noted():
    enrolment = enrolled(initial_class())
    event = enrolment.complete(initial_class(), rules(version=4), DAY)

    assert (event.passed, event.hours, event.attendance_percent, event.score, event.ruleset) == (True, 44, 100, 80, 4)
    assert (enrolment.passed, enrolment.shortfalls, enrolment.ruleset) == (True, [], 4)


@pytest.mark.parametrize(
    ("hours", "scores", "missing"),
    [
        ((16, 14, 10), (60,), []),  # 40 of 44 hours are 90.9 %
        ((16, 14, 9.5), (60,), ["attendance"]),
        ((16, 14, 10), (59.9,), ["score"]),
        ((16, 14, 10), (), ["score"]),
        ((0, 0, 0), (), ["attendance", "score"]),
        ((16, 14, 14), (20, 30, 60), []),  # passed at the second resit
        ((16, 14, 14), (70, 10), []),  # the best sitting counts
    ],
)
def test_each_requirement_is_judged_at_its_edge(hours, scores, missing):
    enrolment = enrolled(initial_class(), hours, scores)
    enrolment.complete(initial_class(), RULES, DAY)

    assert enrolment.passed is (not missing)
    assert [shortfall.split()[0] for shortfall in enrolment.shortfalls] == missing


@pytest.mark.parametrize(
    ("hours", "scores", "offered"),
    [
        ((16, 14, 14), (59,), True),
        ((16, 14, 14), (), True),  # who did not sit the exam
        ((16, 14, 14), (60,), False),
        ((16, 14, 14), (20, 30, 40), False),  # no sitting is left
        ((0, 14, 14), (59,), False),  # a better score would not do
    ],
)
def test_a_resit_is_offered_where_it_can_help(hours, scores, offered):
    event = enrolled(initial_class(), hours, scores).complete(initial_class(), RULES, DAY)

    assert event.resit_until == (DAY + timedelta(days=RULES.resit_days) if offered else None)


def test_in_a_class_of_just_the_hours_asked_for_the_percentage_is_enough():
    training_class = initial_class(hours=(16, 12, 12))
    present, absent = (enrolled(training_class, (16, 12, last)) for last in (8, 7.5))
    event = present.complete(training_class, RULES, DAY)
    absent.complete(training_class, RULES, DAY)

    assert (event.passed, event.hours, event.attendance_percent) == (True, 36, 90)
    assert absent.shortfalls == ["attendance 88.8 % of 90 %"]


def test_enough_hours_do_not_make_up_for_a_long_class_half_attended():
    training_class = initial_class(hours=(30, 30, 30))
    enrolment = enrolled(training_class, (30, 30, 20))
    enrolment.complete(training_class, RULES, DAY)

    assert enrolment.total_hours >= RULES.initial_hours
    assert enrolment.shortfalls == ["attendance 88.9 % of 90 %"]


def test_a_continuing_class_asks_for_attendance_only():
    present, absent = enrolled(continuing_class(), (15,), ()), enrolled(continuing_class(), (14,), ())

    assert present.complete(continuing_class(), RULES, DAY).passed
    assert not absent.complete(continuing_class(), RULES, DAY).passed


def test_the_criteria_say_what_was_required_and_what_was_found():
    asked = {
        criterion.name: criterion
        for criterion in enrolled(initial_class(), scores=(55,)).criteria(initial_class(), RULES)
    }

    assert (asked["score"].required, asked["score"].found, asked["score"].met) == ("60", "55", False)
    assert asked["hours"].met and asked["attendance"].met


def test_an_exam_may_be_sat_as_often_as_the_rule_set_allows_and_no_more():
    enrolment = enrolled(initial_class(), scores=(10, 20, 30))

    with pytest.raises(TooManySittings) as refused:
        enrolment.sit(4, 90, RULES)
    assert refused.value.facts == {"sittings_allowed": 3}
    assert enrolment.best_score == 30


def test_hours_entered_again_replace_those_before_and_never_exceed_the_block():
    training_class = initial_class()
    enrolment = enrolled(training_class)
    enrolment.attend(training_class, "cqo_system", 8)

    assert enrolment.hours["cqo_system"] == 8
    with pytest.raises(HoursBeyondBlock):
        enrolment.attend(training_class, "cqo_system", 16.5)
    with pytest.raises(BlockUnknown):
        enrolment.attend(training_class, "cooking", 1)


def test_a_class_with_sessions_is_attended_session_by_session():
    day = date(2026, 12, 31)
    sessions = [ClassSession(1, day, "update", 8), ClassSession(2, day + timedelta(days=1), "update", 8)]
    training_class = continuing_class(sessions=sessions)
    enrolment = Enrolment("enrolment", "class", "person", "firm", "220102")
    enrolment.attend_session(training_class, 1, 8)
    enrolment.attend_session(training_class, 2, 5)
    enrolment.attend_session(training_class, 2, 6.5)

    assert (enrolment.hours, enrolment.hours_by_year(training_class)) == ({"update": 14.5}, {2026: 8, 2027: 6.5})
    with pytest.raises(HoursBeyondSession):
        enrolment.attend_session(training_class, 1, 8.5)
    with pytest.raises(SessionUnknown):
        enrolment.attend_session(training_class, 3, 1)
    with pytest.raises(AttendedBySession):
        enrolment.attend(training_class, "update", 8)


def test_a_class_without_sessions_counts_for_the_year_in_which_it_ended():
    assert enrolled(continuing_class(), (15,), ()).hours_by_year(continuing_class()) == {2026: 15}


def test_an_initial_class_too_short_for_anybody_to_pass_is_not_scheduled():
    with pytest.raises(ClassTooShort) as refused:
        initial_class(hours=(13, 13, 13)).schedule(RULES)
    assert refused.value.facts == {"hours": 39.0, "required_hours": 40}
    assert continuing_class(hours=4).schedule(RULES).hours == 4


def test_a_class_is_closed_once_and_not_before_its_last_day():
    training_class = initial_class()
    with pytest.raises(ClassNotOver):
        training_class.close(date(2026, 3, 12), 1, 0)
    training_class.close(DAY, 1, 0)

    with pytest.raises(ClassIsClosed):
        training_class.close(DAY, 1, 0)
    with pytest.raises(ClassIsClosed):
        training_class.require_open()
