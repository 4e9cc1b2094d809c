import runpy
from datetime import date, timedelta
from pathlib import Path

import pytest

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


MIGRATION = Path(__file__).parents[2] / "migrations" / "versions" / "0017_calendar.py"
SHIPPED = {year: (document, off, worked) for year, document, off, worked in runpy.run_path(str(MIGRATION))["YEARS"]}


@pytest.mark.parametrize(("year", "working_days"), [(2024, 251), (2025, 248), (2026, 248)])
def test_the_years_that_are_shipped_have_as_many_working_days_as_the_package_chinesecalendar_counts(year, working_days):
    document, *days = SHIPPED[year]
    off, worked = ([f"{year}-{day}" for day in each.split()] for each in days)
    calendar = CalendarYear(year, off, worked, document, date(2025, 11, 4))
    last = last_working_day(date(year - 1, 12, 31), working_days, [calendar]).day
    following = last_working_day(last, 1, [calendar]).day

    assert all(date.fromisoformat(day).weekday() < 5 for day in off)
    assert all(date.fromisoformat(day).weekday() >= 5 for day in worked)
    assert last.year == year < following.year and last >= date(year, 12, 31) - timedelta(days=2)
