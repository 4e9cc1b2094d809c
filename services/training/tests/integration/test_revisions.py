"""Outcomes after the closing: resits, corrections and appeals; on a real database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from training_world import BLOCKS, CENTRE, CHANGCHUN, END, person_id

from chassis.errors import NotFound, StaleVersion
from programme.callers import Caller
from training.domain.appeal import AppealIsDecided, AppealIsOpen, TooLateToAppeal
from training.domain.enrolment import NothingToResit, NotJudgedYet, TooLateToResit, TooManySittings
from training.usecases import appeals, education, revisions
from training.usecases.appeals import DecideAppeal, SubmitAppeal
from training.usecases.revisions import Correct, CorrectedHours, CorrectedScore, Resit

DOCUMENT = {"reason": "示例：登分有误", "document": "示例文号〔2026〕5号"}


def enrolment(centre, person):
    return centre.session.execute(
        text("SELECT id, version, passed FROM enrolment WHERE person_id = :person"), {"person": person}
    ).one()


def resit(centre, person, score, version=None):
    of = enrolment(centre, person)
    return revisions.resit(centre.session, CENTRE, of.id, version or of.version, Resit(score), centre.clock)


def correct(centre, person, **changes):
    of = enrolment(centre, person)
    command = Correct(**DOCUMENT, **changes)
    return revisions.correct(centre.session, CENTRE, of.id, of.version, command, centre.clock)


@pytest.fixture
def judged(centre):
    """Somebody who has passed an initial class, and somebody who has failed it by a point."""
    items = centre.somebody(2)
    training_class = centre.schedule()
    centre.nominate(training_class, items)
    people = [item["person_id"] for item in items]
    centre.attend(training_class, people)
    centre.sit(training_class, people[:1], 80)
    centre.sit(training_class, people[1:], 59)
    centre.go_to(END)
    centre.close(training_class)
    centre.session.flush()
    return people


def test_who_passes_a_resit_after_the_closing_gets_a_certificate(centre, judged):
    _, failed = judged
    last = END + timedelta(days=90)
    assert [each["resit_until"] for each in centre.announced("enrolment.completed")] == [None, last.isoformat()]
    centre.clock.move(days=30)
    resit(centre, failed, 58)
    assert centre.announced("enrolment.revised")[0]["resit_until"] == last.isoformat()
    resit(centre, failed, 60)

    outcomes = [(event["score"], event["passed"], event["cause"]) for event in centre.announced("enrolment.revised")]
    assert outcomes == [(59, False, "resit"), (60, True, "resit")]
    issued = {event["person_id"]: event["issued_on"] for event in centre.announced("certificate.issued")}
    assert issued[failed] == str(END + timedelta(days=30))
    assert centre.gaps() == []


def test_a_resit_is_for_who_failed_within_the_days_and_the_sittings_of_the_rule_set(centre, judged):
    passed, failed = judged
    with pytest.raises(NothingToResit), centre.session.begin_nested():
        resit(centre, passed, 90)
    with pytest.raises(StaleVersion), centre.session.begin_nested():
        resit(centre, failed, 90, version=7)
    centre.clock.move(days=91)
    with pytest.raises(TooLateToResit) as refused, centre.session.begin_nested():
        resit(centre, failed, 90)
    assert refused.value.facts == {"last_day": str(END + timedelta(days=90))}
    centre.clock.move(days=-1)
    resit(centre, failed, 50)
    resit(centre, failed, 50)
    with pytest.raises(TooManySittings), centre.session.begin_nested():
        resit(centre, failed, 90)


def test_before_the_closing_results_are_entered_as_those_of_the_class(centre):
    items = centre.somebody()
    training_class = centre.schedule()
    centre.nominate(training_class, items)
    with pytest.raises(NotJudgedYet):
        correct(centre, person_id(0), scores=[CorrectedScore(1, 60)])


def test_a_correction_upwards_certifies_and_one_downwards_revokes(centre, judged):
    passed, failed = judged
    correct(centre, failed, scores=[CorrectedScore(1, 61)])
    correct(centre, passed, attendance=[CorrectedHours(0, BLOCKS[0])])

    revised = {event["person_id"]: event for event in centre.announced("enrolment.revised")}
    assert [revised[who]["passed"] for who in (failed, passed)] == [True, False]
    assert [revised[who]["passed_before"] for who in (failed, passed)] == [False, True]
    assert {event["person_id"] for event in centre.announced("certificate.issued")} == {passed, failed}
    [revoked] = centre.announced("certificate.revoked")
    assert (revoked["person_id"], revoked["document"]) == (passed, DOCUMENT["document"])
    states = dict(map(tuple, centre.session.execute(text("SELECT person_id, status FROM certificate"))))
    assert states == {passed: "revoked", failed: "valid"}
    assert centre.gaps() == []


def test_a_correction_that_leaves_the_outcome_touches_no_certificate(centre, judged):
    passed, _ = judged
    correct(centre, passed, scores=[CorrectedScore(1, 70)])

    assert enrolment(centre, passed).passed is True
    assert len(centre.announced("certificate.issued")) == 1 and centre.announced("certificate.revoked") == []


def test_a_correction_of_a_continuing_class_enters_the_difference_into_the_ledger(centre):
    [item] = centre.somebody()
    training_class = centre.schedule(kind="continuing", lengths={"update": 16})
    centre.nominate(training_class, [item])
    centre.attend(training_class, [item["person_id"]])
    centre.go_to(END)
    centre.close(training_class)
    centre.session.flush()

    taken = []
    for hours in (15, 8, 16):
        correct(centre, item["person_id"], attendance=[CorrectedHours(hours, "update")])
        taken.append(education.years_taken(centre.session, item["person_id"], [2026])[0].hours)
    assert taken == [15, 0, 16]
    assert [event["hours"] for event in centre.announced("education.recorded")] == [16, -1, -15, 16]


def appeal(centre, person, caller=CENTRE):
    command = SubmitAppeal("示例：对成绩有异议")
    return appeals.submit(centre.session, caller, enrolment(centre, person).id, command, centre.clock)


def decide(centre, of, upheld):
    command = DecideAppeal(upheld, "示例：经复核", DOCUMENT["document"])
    return appeals.decide(centre.session, CENTRE, of.id, of.version, command, centre.clock)


def test_an_appeal_is_made_by_whom_it_concerns_and_decided_once(centre, judged):
    _, failed = judged
    own = Caller("p", "cqo", person_id=failed)
    made = appeal(centre, failed, own)
    with pytest.raises(AppealIsOpen), centre.session.begin_nested():
        appeal(centre, failed, own)
    centre.session.flush()
    decide(centre, made, upheld=False)
    with pytest.raises(AppealIsDecided), centre.session.begin_nested():
        decide(centre, made, upheld=True)
    centre.session.flush()
    decide(centre, appeal(centre, failed, own), upheld=True)

    assert [event["upheld"] for event in centre.announced("appeal.decided")] == [False, True]
    assert not any("grounds" in event for event in centre.announced("appeal.submitted"))
    assert centre.gaps() == []


def test_an_appeal_comes_in_time_and_from_nobody_elsewhere(centre, judged):
    passed, failed = judged
    with pytest.raises(NotFound):
        appeal(centre, failed, Caller("p", "cqo", person_id=passed))
    with pytest.raises(NotFound):
        appeal(centre, failed, Caller("zhao", "division", division="220300"))
    centre.go_to(date(2026, 3, 29))
    with pytest.raises(TooLateToAppeal) as refused:
        appeal(centre, failed, CHANGCHUN)
    assert refused.value.facts == {"last_day": "2026-03-28"}
