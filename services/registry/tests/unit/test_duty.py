"""The annual duty record: its papers, their days, and who owes them (R35–R44)."""

from datetime import UTC, date, datetime

import pytest
from registry_makers import RULES, appointment

from registry.domain.appointment import AppointmentHistory, AppointmentStatus
from registry.domain.duty import (
    SECTIONS,
    Duty,
    DutyPaper,
    DutyReport,
    DutyStatus,
    NothingToSubmit,
    NotInOfficeThatYear,
    NotWithTheBureau,
    SectionsMissing,
    Writer,
    YearTooEarly,
    active_days,
    due_day,
    first_year,
    is_owed,
    require_year,
)

PLAN, REPORT = DutyPaper
ACTIVE, SUSPENDED, ENDED = AppointmentStatus
FULL = {str(duty): "已完成" for duty in Duty}


def writer(on=date(2027, 1, 20), subject="cqo"):
    return Writer(subject, datetime(on.year, on.month, on.day, 1, tzinfo=UTC), on)


def history(*turns):
    return [AppointmentHistory("a1", on, status) for on, status in turns]


def report(paper=REPORT, year=2026, **changes):
    return DutyReport.of("d1", appointment(**changes), year, paper, RULES)


def submitted(found, on=date(2027, 1, 20)):
    draft = found.write(FULL, None, writer(on))
    return draft, found.submit(draft, writer(on))


def test_each_duty_of_the_source_has_its_section():
    assert [section.rule for section in SECTIONS.values()] == [f"R{number}" for number in range(35, 45)]
    assert list(SECTIONS) == list(Duty)


def test_the_days_are_the_rule_sets():
    assert (due_day(PLAN, 2026, RULES), due_day(REPORT, 2026, RULES)) == (date(2026, 1, 31), date(2027, 1, 31))
    assert due_day(REPORT, 2027, RULES.but(duty_report_days=60)) == date(2028, 2, 29)


def test_a_paper_of_each_duty_is_submitted_and_judged_by_its_day():
    found = report()
    draft, event = submitted(found, date(2027, 1, 31))

    assert (found.status, found.late, draft.submitted_by, event.revision, event.late) == (
        "submitted",
        False,
        "cqo",
        1,
        False,
    )
    _, late = submitted(report(), date(2027, 2, 1))
    assert late.late is True


def test_a_draft_is_written_over_and_lacks_nothing_when_it_is_submitted():
    found = report()
    draft = found.write({"quality_culture": "质量月"}, None, writer())
    assert found.write({"quality_culture": "质量月活动"}, draft, writer(subject="firm")) is None
    assert (draft.sections, draft.written_by) == ({"quality_culture": "质量月活动"}, "firm")

    with pytest.raises(SectionsMissing) as refused:
        found.submit(draft, writer())
    assert len(refused.value.facts["sections"]) == 9 and "quality_culture" not in refused.value.facts["sections"]
    assert (found.status, draft.submitted_at) == (DutyStatus.DRAFT, None)


def test_what_was_submitted_is_revised_and_not_edited():
    found = report()
    first, _ = submitted(found)
    with pytest.raises(NothingToSubmit):
        found.submit(first, writer())
    second = found.write({**FULL, "proposals": "三项"}, first, writer(date(2027, 3, 1)))
    event = found.submit(second, writer(date(2027, 3, 1)))

    assert (first.sections, second.number, event.revision) == (FULL, 2, 2)
    # Late or not is by the first submission: a revision is no second duty.
    assert (found.submitted_on, event.late) == (date(2027, 1, 20), False)


def test_nothing_can_be_submitted_before_it_is_written():
    with pytest.raises(NothingToSubmit):
        report().submit(None, writer())


def test_the_bureau_notes_or_returns_what_is_submitted_and_nothing_else():
    found = report()
    for answer in (lambda: found.take_note(date(2027, 2, 1)), lambda: found.give_back("缺少数据", date(2027, 2, 1))):
        with pytest.raises(NotWithTheBureau):
            answer()
    first, _ = submitted(found)
    found.give_back("缺少数据", date(2027, 2, 1))
    assert (found.status, found.return_reason) == ("returned", "缺少数据")
    with pytest.raises(NotWithTheBureau):
        found.take_note(date(2027, 2, 2))
    found.submit(found.write(FULL, first, writer()), writer())
    found.take_note(date(2027, 2, 3))

    assert (found.status, found.decided_on, found.return_reason) == ("noted", date(2027, 2, 3), None)


def test_that_it_is_overdue_is_said_once_and_not_of_what_was_submitted():
    found = report()
    assert found.miss(date(2027, 2, 1)).due_on == date(2027, 1, 31)
    assert found.miss(date(2027, 2, 2)) is None
    on_time = report()
    submitted(on_time)
    assert on_time.miss(date(2027, 2, 1)) is None


def test_a_plan_of_the_year_in_which_somebody_took_office_after_its_day_is_not_asked_for():
    found = report(PLAN)  # appointed on 1 February
    _, event = submitted(found, date(2026, 3, 1))

    assert (found.due_on, event.late, report(PLAN).miss(date(2026, 3, 1))) == (None, False, None)
    assert report(PLAN, appointed_on=date(2026, 1, 31)).due_on == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("paper", "year", "refused"),
    [
        (REPORT, 2025, NotInOfficeThatYear),
        (REPORT, 2028, NotInOfficeThatYear),
        (PLAN, 2025, NotInOfficeThatYear),
    ],
)
def test_a_year_outside_the_office_is_refused(paper, year, refused):
    with pytest.raises(refused):
        require_year(appointment(ended_on=date(2027, 6, 30)), paper, year, date(2028, 1, 5))


def test_a_report_is_of_a_year_that_has_begun_and_a_plan_of_this_or_the_next():
    for paper, year in ((REPORT, 2026), (PLAN, 2026), (PLAN, 2027)):
        require_year(appointment(), paper, year, date(2026, 12, 1))
    for paper, year in ((REPORT, 2027), (PLAN, 2028)):
        with pytest.raises(YearTooEarly):
            require_year(appointment(), paper, year, date(2026, 12, 1))


def test_days_count_while_it_was_active_and_not_suspended():
    assert active_days(2026, history((date(2026, 2, 1), ACTIVE))) == 334
    turns = history((date(2025, 2, 1), ACTIVE), (date(2026, 4, 1), SUSPENDED), (date(2026, 4, 11), ACTIVE))
    assert active_days(2026, turns) == 355
    assert active_days(2026, history((date(2025, 2, 1), ACTIVE), (date(2026, 1, 11), ENDED))) == 10
    assert active_days(2025, history((date(2026, 2, 1), ACTIVE))) == 0
    assert active_days(2028, history((date(2026, 2, 1), ACTIVE))) == 366


def test_a_report_is_owed_by_who_was_active_for_the_rule_sets_days():
    until = history((date(2026, 2, 1), ACTIVE), (date(2026, 5, 2), ENDED))  # its last day is 1 May: 90 days

    assert is_owed(REPORT, 2026, until, RULES)
    assert not is_owed(REPORT, 2026, until, RULES.but(duty_least_days=91))


def test_a_plan_is_owed_by_who_is_active_on_its_day():
    assert is_owed(PLAN, 2027, history((date(2026, 2, 1), ACTIVE)), RULES)
    assert not is_owed(PLAN, 2027, history((date(2026, 2, 1), ACTIVE), (date(2027, 1, 31), SUSPENDED)), RULES)


def test_a_rule_set_that_asks_for_more_days_than_a_year_has_asks_for_nothing():
    held = history((date(2026, 2, 1), ACTIVE))

    assert not any(
        is_owed(paper, year, held, RULES.but(duty_least_days=367)) for paper in DutyPaper for year in (2027, 2028)
    )
    assert is_owed(PLAN, 2028, held, RULES.but(duty_least_days=366))


def test_of_an_appointment_entered_late_no_year_is_missed_whose_day_has_passed():
    appointed = date(2023, 5, 4)

    assert first_year(REPORT, appointed, date(2026, 1, 31), RULES) == 2025
    assert first_year(REPORT, appointed, date(2026, 2, 1), RULES) == 2026
    assert first_year(PLAN, appointed, date(2026, 3, 2), RULES) == 2027
    assert first_year(PLAN, date(2026, 1, 31), date(2026, 1, 10), RULES) == 2026
