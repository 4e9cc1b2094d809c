import threading
from datetime import date, timedelta

import pytest
from registry_world import CHANGCHUN, PROVINCE, SIPING, Register, appointment_of, make_cipher
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.data.database import engine_for
from chassis.due import DueRow
from chassis.errors import NotFound, RuleBroken, Transient
from chassis.http import PageArguments
from chassis.security import audit
from programme.callers import Caller
from registry import queries, views
from registry.domain.admission import NotInPool, NoValidCertificate
from registry.domain.appointment import DayOutOfOrder, status_on
from registry.domain.candidacy import AlreadyCqoElsewhere, Document, PostTaken
from registry.domain.change import LaterChangeKnown, NothingChanged
from registry.domain.filing import DayIsTheBureaus, NumberTaken
from registry.domain.person import Person
from registry.domain.post import Post
from registry.queries import AppointmentFilters, EnterpriseFilters, PostFilters, TalentFilters
from registry.usecases import divisions, enterprises, people, vacancies
from registry.usecases.appoint import appoint
from registry.usecases.change_appointment import ChangeAppointment, change_appointment, changes_of
from registry.usecases.end_appointment import EndAppointment, end_appointment, end_provisional
from registry.usecases.enterprises import EnterpriseChanges
from registry.usecases.file_appointment import (
    FileAppointment,
    ReturnFiling,
    SubmitFiling,
    file_appointment,
    miss_filing,
    return_filing,
    submit_filing,
)
from registry.usecases.people import PersonChanges

DAY, TODAY = date(2026, 3, 1), date(2026, 3, 2)


@pytest.fixture
def firm(register):
    return register.firm()


@pytest.fixture
def holder(register, firm):
    person = register.person(firm)
    register.issue(person)
    return person


def test_an_appointment_from_the_pool_is_announced_with_its_filing_day_and_rule_set(register, firm, holder):
    appointment = register.appoint(holder, register.post(firm), TODAY)

    [event] = register.announced("appointment.made")
    assert (event["appointment_id"], event["person_id"]) == (appointment.id, holder.id)
    assert (event["filing_due_on"], event["ruleset"]) == ("2026-04-01", 1)
    assert appointment.warnings == []
    assert register.gaps() == []


def test_the_four_refusals_have_their_own_sentences_and_leave_nothing_behind(register, firm, holder):
    post, other = register.post(firm), register.firm(division="220302")
    register.appoint(holder, post)
    other_post = register.post(other)
    second = register.person(firm)
    register.issue(second, number="2")

    for refusal, person, place, day in (
        (NotInPool, register.person(other), other_post, DAY),
        (NoValidCertificate, second, other_post, date(2026, 1, 9)),
        (AlreadyCqoElsewhere, holder, other_post, DAY),
        (PostTaken, second, post, DAY),
    ):
        with pytest.raises(refusal) as refused:
            register.appoint(person, place, day)
        assert refused.value.sentence("zh") != refused.value.sentence("en")

    assert len(register.announced("appointment.made")) == 1


def test_an_appointment_is_refused_or_warned_of_by_every_criterion(register, firm):
    unproved = register.person(firm, quality_years=None, declaration=False)
    register.issue(unproved, date(2024, 1, 10), date(2027, 1, 9))
    post = register.post(firm)

    with pytest.raises(RuleBroken) as refused:
        register.appoint(unproved, post)
    assert [each["rule"] for each in refused.value.facts["unmet"]] == ["R32"]

    people.change(register.session, PROVINCE, unproved.id, 1, PersonChanges(quality_years=4), register.clock)
    assert register.appoint(unproved, post).warnings == ["R30", "R34"]


def test_an_appointment_below_decision_level_is_made_with_a_warning(register, firm, holder):
    appointment = register.appoint(holder, register.post(firm), TODAY, decision_level=False)

    assert appointment.warnings == ["R26"]


def test_who_could_appoint_is_judged_by_the_day_of_the_appointment(register, firm, holder):
    post = register.post(firm)
    new = EnterpriseChanges(legal_representative="孙亮", leads_since=date(2026, 2, 15))
    enterprises.change(register.session, PROVINCE, firm.id, 1, new, register.clock)

    earlier = register.appoint(holder, post, date(2026, 2, 14))
    assert "R24" not in earlier.warnings
    end = EndAppointment(date(2026, 2, 20), "调离")
    end_appointment(register.session, PROVINCE, earlier.id, end, register.clock)
    assert "R24" in register.appoint(holder, post, DAY).warnings


def test_a_certificate_revoked_on_the_day_of_its_issue_leaves_nobody_in_the_pool(register, firm):
    person = register.person(firm)
    certificate = register.issue(person, DAY)
    register.revoke(person, certificate, DAY)

    [talent] = queries.talents(register.session, PROVINCE, TalentFilters(on=TODAY), TODAY, PageArguments()).items
    assert talent.history.status == "lapsed"
    with pytest.raises(RuleBroken):
        register.appoint(person, register.post(firm), TODAY)


def test_an_appointment_in_the_future_is_refused(register, firm, holder):
    with pytest.raises(DayOutOfOrder):
        register.appoint(holder, register.post(firm), date(2026, 3, 3))


def test_a_late_filing_is_flagged_and_a_missed_one_was_announced_before(register, firm, holder):
    appointment = register.appoint(holder, register.post(firm))
    register.clock.move(days=31)
    miss_filing(register.session, [appointment.id], register.clock)
    file_appointment(
        register.session, PROVINCE, appointment.id, FileAppointment(register.clock.today()), register.clock
    )

    [overdue], [filed] = register.announced("appointment.filing_overdue"), register.announced("appointment.filed")
    assert (overdue["filing_due_on"], filed["late"]) == ("2026-03-31", True)
    assert filed["filing_number"].startswith("BA-220102-2026-")


def due_rows(session):
    return session.execute(
        text("SELECT kind, due_on, state FROM due WHERE kind LIKE 'appointment.%' ORDER BY id")
    ).all()


def test_filing_in_time_cancels_the_deadline(register, firm, holder):
    appointment = register.appoint(holder, register.post(firm))
    register.session.flush()
    assert due_rows(register.session) == [("appointment.filing", date(2026, 4, 1), "planned")]

    file_appointment(register.session, PROVINCE, appointment.id, FileAppointment(DAY, "备〔2026〕1号"), register.clock)

    assert due_rows(register.session)[0].state == "cancelled"
    assert register.announced("appointment.filed")[0]["late"] is False


def test_the_enterprise_submits_the_bureau_returns_and_accepts(register, firm, holder):
    appointment, own = register.appoint(holder, register.post(firm)), Caller("f", "enterprise", enterprise_id=firm.id)
    with pytest.raises(DayIsTheBureaus):
        submit_filing(register.session, own, appointment.id, SubmitFiling(DAY), register.clock)
    submit_filing(register.session, own, appointment.id, SubmitFiling(), register.clock)
    assert due_rows(register.session)[0].state == "cancelled"

    return_filing(register.session, CHANGCHUN, appointment.id, ReturnFiling("缺授权书"), register.clock)
    assert due_rows(register.session) == [("appointment.filing", date(2026, 4, 1), "planned")]
    register.clock.move(days=10)
    submit_filing(register.session, own, appointment.id, SubmitFiling(), register.clock)
    register.clock.move(days=60)
    bureau = FileAppointment(register.clock.today(), "备〔2026〕1号")
    file_appointment(register.session, CHANGCHUN, appointment.id, bureau, register.clock)

    [returned], [filed] = register.announced("appointment.filing_returned"), register.announced("appointment.filed")
    assert (returned["reason"], returned["resubmit_by"], returned["ruleset"]) == ("缺授权书", "2026-03-12", 1)
    assert (filed["late"], filed["submitted_on"]) == (False, "2026-03-02")
    assert [event["on"] for event in register.announced("appointment.filing_submitted")] == ["2026-03-02", "2026-03-12"]
    assert register.gaps() == []


def test_two_appointments_of_a_division_are_not_filed_under_one_number(register, firm, holder):
    first = register.appoint(holder, register.post(firm))
    second = register.appoint(another(register, firm), register.post(firm, "第二岗位"))
    number = FileAppointment(DAY, "备〔2026〕1号")
    file_appointment(register.session, PROVINCE, first.id, number, register.clock)

    with pytest.raises(NumberTaken):
        file_appointment(register.session, PROVINCE, second.id, number, register.clock)


def test_an_appointment_entered_late_lives_through_what_has_become_of_its_certificate_since(register, firm, holder):
    certificate = f"{holder.id}-1"
    register.clock.move(days=18)
    register.revoke(holder, certificate, date(2026, 3, 12))

    appointment = register.appoint(holder, register.post(firm), TODAY)

    assert (appointment.status, appointment.causes) == ("suspended", [f"certificate_revoked:{certificate}"])
    assert [event["on"] for event in register.announced("appointment.made", "appointment.suspended")] == [
        "2026-03-02",
        "2026-03-12",
    ]
    register.issue(holder, date(2026, 3, 18), date(2029, 3, 17), number="2")
    assert appointment.status == "active"
    history = [(line.on, line.status) for line in queries.appointment_history(register.session, appointment.id)]
    assert history == [(TODAY, "active"), (date(2026, 3, 12), "suspended"), (date(2026, 3, 18), "active")]
    assert register.gaps() == []


def test_a_certificate_earned_after_the_day_of_a_provisional_appointment_makes_it_a_full_one(register, firm):
    register.session.execute(
        text('UPDATE ruleset SET parameters = parameters || \'{"appoint_without_certificate": "provisional"}\'')
    )
    person = register.person(firm)
    register.clock.move(days=18)
    register.issue(person, date(2026, 3, 12), date(2029, 3, 11))

    appointment = register.appoint(person, register.post(firm), TODAY)

    assert (appointment.status, appointment.provisional_until) == ("active", None)


def test_an_expiry_suspends_and_a_renewal_restores(register, firm, holder):
    appointment = register.appoint(holder, register.post(firm))
    certificate = f"{holder.id}-1"
    register.clock.move(days=1100)
    register.expire(holder, certificate, date(2029, 1, 10))
    assert appointment.status == "suspended"

    register.renew(holder, certificate, date(2029, 2, 1), date(2032, 1, 9))

    assert appointment.status == "active"
    assert [event["reason"] for event in register.announced("appointment.suspended")] == ["certificate_expired"]
    assert len(register.announced("appointment.restored")) == 1
    assert len(register.announced("talent.admitted")) == len(register.announced("talent.restored")) == 1
    assert [event["reason"] for event in register.announced("talent.lapsed")] == ["expired"]
    history = [(line.on, line.status) for line in queries.appointment_history(register.session, appointment.id)]
    assert history == [(DAY, "active"), (date(2029, 1, 10), "suspended"), (date(2029, 2, 1), "active")]
    assert register.gaps() == []


def test_a_renewal_on_the_day_of_the_expiry_restores_from_that_day(register, firm, holder):
    appointment = register.appoint(holder, register.post(firm))
    certificate, day = f"{holder.id}-1", date(2029, 1, 10)
    register.clock.move(days=1100)
    register.expire(holder, certificate, day)

    register.renew(holder, certificate, day, date(2032, 1, 9))

    assert appointment.status == "active"
    [restored] = register.announced("appointment.restored")
    assert (restored["on"], restored["reason"]) == ("2029-01-10", "certificate_renewed")
    [back] = register.announced("talent.restored")
    assert (back["on"], back["valid_until"]) == ("2029-01-10", "2032-01-09")
    history = [(line.on, line.status) for line in queries.appointment_history(register.session, appointment.id)]
    assert history == [(DAY, "active"), (day, "suspended"), (day, "active")]


def test_a_revocation_outlasts_a_renewal_and_ends_with_a_new_certificate(register, firm, holder):
    appointment = register.appoint(holder, register.post(firm))
    certificate = f"{holder.id}-1"
    register.expire(holder, certificate, date(2026, 3, 1))
    register.revoke(holder, certificate, date(2026, 3, 2))
    register.renew(holder, certificate, date(2026, 3, 2), date(2030, 1, 1))
    assert appointment.status == "suspended"

    register.issue(holder, date(2026, 3, 2), date(2029, 3, 1), number="2")

    assert appointment.status == "active"
    assert len(register.announced("appointment.suspended")) == len(register.announced("appointment.restored")) == 1


def test_a_suspension_of_the_certificate_lasts_until_it_is_reinstated(register, firm, holder):
    appointment = register.appoint(holder, register.post(firm))
    certificate = f"{holder.id}-1"
    register.suspend(holder, certificate, date(2026, 3, 1))
    assert appointment.status == "suspended"
    register.renew(holder, certificate, date(2026, 3, 2), date(2029, 1, 9))

    assert appointment.status == "active"
    assert register.announced("appointment.suspended") == []  # its contract knows two other reasons
    assert len(register.announced("appointment.suspended_with_certificate")) == 1
    assert register.gaps() == []


def test_a_replacement_that_comes_before_the_new_certificate_waits_and_suspends_nobody(register, firm, holder):
    appointment = register.appoint(holder, register.post(firm))
    with pytest.raises(Transient):
        register.replace(holder, f"{holder.id}-1", date(2026, 3, 1), f"{holder.id}-2")
    register.issue(holder, date(2026, 3, 1), date(2029, 2, 28), number="2")
    register.replace(holder, f"{holder.id}-1", date(2026, 3, 1), f"{holder.id}-2")
    assert appointment.status == "active"

    # It no longer stands in when the new one is taken back.
    register.revoke(holder, f"{holder.id}-2", date(2026, 3, 2))
    assert appointment.status == "suspended"


def test_an_expiry_that_comes_late_leaves_what_a_newer_certificate_gives(register, firm, holder):
    """Events of two certificates come in any order: A ended on 12 March, and B was issued on the 20th."""
    appointment = register.appoint(holder, register.post(firm))
    register.clock.move(days=30)
    register.issue(holder, date(2026, 3, 20), date(2029, 3, 19), number="2")
    register.expire(holder, f"{holder.id}-1", date(2026, 3, 13))

    assert appointment.status == "active" and appointment.causes == []
    shown = {
        day: [
            (row.history.status, row.certificate.certificate_id[-1])
            for row in queries.talents(
                register.session, PROVINCE, TalentFilters(), date(2026, 3, day), PageArguments(9)
            ).items
        ]
        for day in (12, 13, 19, 20)
    }
    assert shown == {12: [("in_pool", "1")], 13: [("lapsed", "1")], 19: [("lapsed", "1")], 20: [("in_pool", "2")]}
    assert [listed(register, on=date(2026, 3, day))[0][1] for day in (12, 13, 19, 20)] == [
        "active",
        "suspended",
        "suspended",
        "active",
    ]
    kinds = ("talent.lapsed", "talent.restored", "appointment.suspended", "appointment.restored")
    assert [event["on"] for event in register.announced(*kinds)] == ["2026-03-13", "2026-03-20"] * 2
    assert register.gaps() == []


def test_an_expiry_does_nothing_while_another_certificate_is_valid(register, firm, holder):
    appointment = register.appoint(holder, register.post(firm))
    register.issue(holder, date(2026, 2, 1), date(2029, 1, 31), number="2")
    register.expire(holder, f"{holder.id}-1", date(2026, 3, 1))

    assert appointment.status == "active"
    assert register.announced("talent.lapsed", "appointment.suspended") == []


def test_a_rule_set_of_its_own_date_decides_whether_an_expiry_suspends(register, firm, holder):
    appointment = register.appoint(holder, register.post(firm))
    register.session.execute(
        text(
            "INSERT INTO ruleset SELECT 2, '2026-03-02', '示例〔2026〕2号', "
            'parameters || \'{"on_certificate_expired": "none"}\', now() FROM ruleset WHERE version = 1'
        )
    )
    register.expire(holder, f"{holder.id}-1", date(2026, 3, 2))

    assert appointment.status == "active"


def listed(register, caller=PROVINCE, on=date(2026, 3, 2), **filters):
    page = queries.appointments(register.session, caller, AppointmentFilters(**filters), on, PageArguments(50))
    return [(row.appointment.id, row.history.status) for row in page.items]


def test_a_past_day_shows_the_status_of_that_day(register, firm, holder):
    appointment = register.appoint(holder, register.post(firm), date(2026, 2, 1))
    register.revoke(holder, f"{holder.id}-1", date(2026, 2, 20))
    end_appointment(
        register.session, PROVINCE, appointment.id, EndAppointment(date(2026, 3, 1), "撤职"), register.clock
    )

    assert listed(register, on=date(2026, 1, 31)) == []
    assert listed(register, on=date(2026, 2, 19)) == [(appointment.id, "active")]
    assert listed(register, on=date(2026, 2, 28)) == [(appointment.id, "suspended")]
    assert listed(register, on=date(2026, 2, 28), status="active") == []
    assert listed(register, on=date(2026, 3, 1)) == [(appointment.id, "suspended")]
    assert listed(register) == [(appointment.id, "ended")]


def test_what_was_said_last_holds_though_it_reaches_further_back(register, firm, holder):
    """As reporting has it: suspended on the 13th, and said on the 20th to have ended with the 10th."""
    appointment = register.appoint(holder, register.post(firm))
    register.clock.move(days=18)
    register.revoke(holder, f"{holder.id}-1", date(2026, 3, 13))
    end_appointment(
        register.session, PROVINCE, appointment.id, EndAppointment(date(2026, 3, 10), "辞职"), register.clock
    )

    assert listed(register, on=date(2026, 3, 9)) == [(appointment.id, "active")]
    for day in (13, 20):
        assert listed(register, on=date(2026, 3, day)) == [(appointment.id, "ended")]
        assert listed(register, on=date(2026, 3, day), status="ended") == [(appointment.id, "ended")]
        assert listed(register, on=date(2026, 3, day), status="suspended") == []


def test_the_last_day_of_an_appointment_counts_everywhere(register, firm, holder):
    post, today = register.post(firm), DAY + timedelta(days=1)
    appointment = register.appoint(holder, post)
    end_appointment(register.session, PROVINCE, appointment.id, EndAppointment(today, "辞职"), register.clock)

    def seen(on):
        filters = EnterpriseFilters(has_cqo=True)
        [page] = queries.posts(register.session, PROVINCE, PostFilters(), on, PageArguments(50)).items
        [talent] = queries.talents(register.session, PROVINCE, TalentFilters(), on, PageArguments(50)).items
        firms = queries.some_enterprises(register.session, PROVINCE, filters, on, PageArguments(50)).items
        vacant = queries.posts(register.session, PROVINCE, PostFilters(vacant=True), on, PageArguments(50)).items
        history = queries.appointment_history(register.session, appointment.id)
        assert listed(register, on=on) == [(appointment.id, status_on(history, on))]
        return status_on(history, on), page.appointment is not None, talent.appointed, len(firms), len(vacant)

    assert seen(today) == ("active", True, True, 1, 0)
    assert seen(today + timedelta(days=1)) == ("ended", False, False, 0, 1)
    with pytest.raises(PostTaken):
        register.appoint(another(register, firm), post, today)


def test_a_past_day_of_the_pool_is_shown_with_the_certificate_and_the_post_of_that_day(register, firm, holder):
    certificate = f"{holder.id}-1"
    register.clock.move(days=1100)
    register.appoint(holder, register.post(firm), date(2028, 6, 1))
    register.expire(holder, certificate, date(2029, 1, 10))
    register.renew(holder, certificate, date(2029, 2, 1), date(2032, 1, 31))
    register.session.flush()

    def shown(on, **filters):
        found = queries.talents(register.session, PROVINCE, TalentFilters(**filters), on, PageArguments(50)).items
        return [(row["status"], row["valid_until"], row["appointed"]) for row in map(views.talent_view, found)]

    first, second = date(2029, 1, 9), date(2032, 1, 31)
    assert shown(date(2026, 1, 9)) == []
    assert shown(date(2028, 5, 31)) == [("in_pool", first, False)]
    assert shown(date(2028, 6, 1)) == [("in_pool", first, True)]
    assert shown(date(2029, 1, 20)) == [("lapsed", first, True)]
    assert shown(date(2029, 2, 1)) == [("in_pool", second, True)]
    assert shown(date(2028, 5, 31), available=True) == [("in_pool", first, False)]
    assert shown(date(2028, 6, 1), available=True) == []


def sweep_vacancies(register):
    rows = register.session.execute(
        text("SELECT id, kind, series, key, due_on, payload FROM due WHERE kind = 'post.vacancy' AND due_on <= :today"),
        {"today": register.clock.today()},
    )
    vacancies.miss(register.session, [DueRow(**row._mapping) for row in rows], register.clock)
    found = [(event["post_id"], event["vacant_since"]) for event in register.announced("post.vacancy_overdue")]
    register.session.execute(text("DELETE FROM due WHERE due_on <= :today"), {"today": register.clock.today()})
    register.session.execute(text("DELETE FROM outbox WHERE type = 'post.vacancy_overdue.v1'"))
    return found


def test_a_post_that_stands_vacant_past_the_grace_is_announced_once_for_each_vacancy(register, firm, holder):
    never, held = register.post(firm, "第二岗位"), register.post(firm)
    appointment = register.appoint(holder, held)
    register.clock.move(days=89)
    assert sweep_vacancies(register) == []
    register.clock.move(days=1)
    assert sweep_vacancies(register) == [(never.id, "2026-03-02")]

    end_appointment(
        register.session, PROVINCE, appointment.id, EndAppointment(date(2026, 5, 30), "辞职"), register.clock
    )
    register.clock.move(days=89)
    assert sweep_vacancies(register) == []
    register.clock.move(days=1)
    assert sweep_vacancies(register) == [(held.id, "2026-05-31")]


def changed(on, **content):
    document = Document("示例任〔2026〕7号", on)
    return ChangeAppointment(**{"changed_on": on, "document": document, "position": "总经理", **content})


def test_a_change_is_handed_in_within_the_working_days_or_late(register, firm, holder):
    """From Friday 18 September 2026 fifteen working days end on 15 October: six days off, two worked weekends."""
    appointment = register.appoint(holder, register.post(firm))
    own = Caller("f", "enterprise", enterprise_id=firm.id)
    register.clock.move(days=(date(2026, 10, 15) - register.clock.today()).days)
    in_time = change_appointment(register.session, own, appointment.id, changed(date(2026, 9, 18)), register.clock)
    assert (in_time.filing_due_on, in_time.late, in_time.warnings("zh")) == (date(2026, 10, 15), False, [])

    register.clock.move(days=97)
    below = changed(date(2026, 12, 30), position=None, decision_level=False)
    late = change_appointment(register.session, own, appointment.id, below, register.clock)

    assert (late.filing_due_on, late.late) == (date(2027, 1, 20), False)
    assert late.warnings("zh") == ["2027 年的节假日安排尚未录入，期限仅按周末计算。"]
    assert (appointment.position, appointment.decision_level) == ("总经理", False) and "R26" in appointment.warnings
    events = register.announced("appointment.changed")
    assert [(event["on"], event["late"]) for event in events] == [("2026-09-18", False), ("2026-12-30", False)]
    assert [change.changed_on for change in changes_of(register.session, appointment.id)] == [
        date(2026, 9, 18),
        date(2026, 12, 30),
    ]
    assert register.gaps() == []


@pytest.mark.parametrize(
    ("on", "content", "refusal"),
    [
        (date(2026, 2, 28), {}, DayOutOfOrder),
        (date(2026, 3, 3), {}, DayOutOfOrder),
        (date(2026, 3, 2), {"position": "副总经理"}, NothingChanged),
        (date(2026, 3, 2), {"submitted_on": date(2026, 3, 1)}, DayOutOfOrder),
    ],
    ids=["before the appointment", "ahead of today", "of nothing", "handed in before it holds"],
)
def test_a_change_that_cannot_be_is_refused(register, firm, holder, on, content, refusal):
    appointment = register.appoint(holder, register.post(firm))

    with pytest.raises(refusal):
        change_appointment(register.session, PROVINCE, appointment.id, changed(on, **content), register.clock)


def test_a_late_change_is_late_and_none_goes_back_behind_a_later_one(register, firm, holder):
    appointment = register.appoint(holder, register.post(firm))
    register.clock.move(days=60)
    late = change_appointment(register.session, PROVINCE, appointment.id, changed(date(2026, 3, 20)), register.clock)
    assert late.late is True

    with pytest.raises(LaterChangeKnown):
        earlier = changed(date(2026, 3, 19), position="董事长")
        change_appointment(register.session, PROVINCE, appointment.id, earlier, register.clock)


def another(register, firm):
    person = register.person(firm)
    register.issue(person, number="2")
    return person


def test_everybody_sees_their_own_subtree_their_own_firm_or_themselves(register, firm, holder):
    appointment = register.appoint(holder, register.post(firm))
    own = Caller("firm", "enterprise", enterprise_id=firm.id)
    other = Caller("other", "enterprise", enterprise_id=register.firm().id)
    cqo = Caller("cqo", "cqo", person_id=holder.id)

    seen = {caller.subject: len(listed(register, caller)) for caller in (PROVINCE, CHANGCHUN, SIPING, own, other, cqo)}

    assert seen == {"wang": 1, "li": 1, "zhao": 0, "firm": 1, "other": 0, "cqo": 1}
    assert len(listed(register, CHANGCHUN, division="220102")) == 1
    assert listed(register, CHANGCHUN, division="220103") == listed(register, CHANGCHUN, division="220302") == []
    with pytest.raises(NotFound):
        end_appointment(register.session, SIPING, appointment.id, EndAppointment(DAY, "辞职"), register.clock)
    with pytest.raises(NotFound):
        appoint(register.session, other, appointment_of(holder.id, appointment.post_id, DAY), register.clock)


def test_every_change_is_on_record_and_the_chain_holds(register, firm, holder):
    register.appoint(holder, register.post(firm))

    assert audit.seal(register.session, 1000) > 0
    assert audit.verify(register.session).ok
    actions = register.session.scalars(text("SELECT action FROM audit_log ORDER BY number")).all()
    assert actions == ["enterprise.registered", "person.registered", "post.opened", "appointment.made"]


@pytest.mark.parametrize("same", ["post", "person"])
def test_of_two_appointments_at_the_same_moment_only_one_wins(make_database, clock, same):
    engine = engine_for(make_database("registry"), "test")
    with Session(engine) as session, session.begin():
        divisions.seed(session, divisions.shipped(), clock)
        register = Register(session, clock, make_cipher())
        firm, other = register.firm(), register.firm()
        people = [register.person(firm), register.person(firm)]
        for person in people:
            register.issue(person)
        posts = [register.post(firm), register.post(other)]
        pairs = [(person.id, posts[0].id) for person in people]
        if same == "person":
            pairs = [(people[0].id, post.id) for post in posts]

    outcomes = run_at_once(engine, clock, pairs * 4)

    # All have an outcome by a rule: none ran into the unique index that lies beneath the locks.
    assert len(outcomes) == 8 and outcomes.count("appointed") == 1
    assert set(outcomes) - {"appointed"} <= {"PostTaken", "AlreadyCqoElsewhere"}
    with Session(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM appointment")) == 1
    engine.dispose()


def run_at_once(engine, clock, pairs):
    outcomes, barrier = [], threading.Barrier(len(pairs))

    def attempt(person_id, post_id):
        with Session(engine) as session:
            session.execute(text("SELECT 1"))
            barrier.wait(timeout=10)
            try:
                with session:
                    appoint(session, PROVINCE, appointment_of(person_id, post_id, DAY), clock)
                    session.commit()
                outcomes.append("appointed")
            except RuleBroken as refusal:
                outcomes.append(type(refusal).__name__)

    threads = [threading.Thread(target=attempt, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes


def test_what_belongs_to_a_firm_moves_with_it_to_another_division(register, firm, holder):
    appointment = register.appoint(holder, register.post(firm))
    enterprises.change(
        register.session, PROVINCE, firm.id, firm.version, EnterpriseChanges(division="220302"), register.clock
    )
    register.session.flush()

    assert listed(register, SIPING) == [(appointment.id, "active")] and listed(register, CHANGCHUN) == []
    assert register.session.get(Person, holder.id).division == "220302"
    assert register.announced("person.changed")[-1]["division"] == "220302"
    assert register.session.get(Post, appointment.post_id).division == "220302"


def test_a_provisional_appointment_ends_if_no_certificate_is_earned_in_time(register, firm):
    register.session.execute(
        text('UPDATE ruleset SET parameters = parameters || \'{"appoint_without_certificate": "provisional"}\'')
    )
    person = register.person(firm)
    appointment = register.appoint(person, register.post(firm))
    register.clock.move(days=181)

    end_provisional(register.session, appointment.id, register.clock)

    assert appointment.end_reason == "no_certificate_by_deadline"
    assert appointment.ended_on == DAY + timedelta(days=180)
    assert register.gaps() == []
