from datetime import date

from registry.domain.working_days import CalendarYear, last_working_day

NATIONAL_DAY = CalendarYear(
    2026,
    [f"2026-10-0{day}" for day in (1, 2, 5, 6, 7)],
    ["2026-09-20", "2026-10-10"],
    "国办发明电〔2025〕7号",
    date(2025, 11, 4),
)


def test_days_off_do_not_count_and_worked_weekends_do():
    found = last_working_day(date(2026, 9, 30), 3, [NATIONAL_DAY])

    assert (found.day, found.unknown_years) == (date(2026, 10, 10), ())


def test_the_day_itself_does_not_count_and_none_is_the_day_itself():
    assert last_working_day(date(2026, 3, 2), 1, [NATIONAL_DAY]).day == date(2026, 3, 3)
    assert last_working_day(date(2026, 3, 1), 0, [NATIONAL_DAY]).day == date(2026, 3, 1)


def test_of_a_year_that_is_not_known_the_weekends_count_and_it_is_said():
    found = last_working_day(date(2026, 12, 30), 3, [NATIONAL_DAY])

    assert (found.day, found.unknown_years) == (date(2027, 1, 4), (2027,))
