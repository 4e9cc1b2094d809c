"""Who is going to miss hours of a year is told on 1 October, once; on a real database."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from training_world import CENTRE, CHANGCHUN

from chassis.due import DueRow
from chassis.http import PageArguments
from testkit.statements import statements
from training import queries
from training.queries.education import ShortfallFilters
from training.usecases import education, forecast

FILL = text(
    "INSERT INTO certificate (id, version, division, number, person_id, name, issued_on, valid_from, valid_until, "
    "ruleset, status) SELECT 'c' || lpad(n::text, 5, '0'), 1, '220102', 'n' || n, 'p' || n, '李明', '2026-03-13', "
    "'2026-03-13', '2029-03-12', 1, 'valid' FROM generate_series(1, :count) AS n"
)


def step(centre, year, after=""):
    row = DueRow(1, forecast.FORECAST, str(year), "k", date(year, 10, 1), {"year": year, "after": after})
    forecast.forecast(centre.session, [row], centre.clock)


def told(centre):
    return [
        (event["person_id"], event["year"], event["total_hours"]) for event in centre.announced("shortfall.forecast")
    ]


def planned(centre):
    centre.session.flush()
    rows = "SELECT payload FROM due WHERE kind = 'education.forecast' AND state = 'planned' ORDER BY due_on, id"
    return [(payload["year"], payload["after"]) for payload in centre.session.scalars(text(rows))]


@pytest.fixture
def holders(centre):
    return [one.person_id for one in centre.certify(centre.somebody(4, ("220102", "220302")))]


def test_who_is_behind_on_the_day_is_told_once_and_the_others_are_not(centre, holders):
    none, some, enough, exempt = holders
    centre.educate(some, 2027, 6)
    centre.educate(enough, 2027, 16)
    command = education.Exempt("示例：产假", "示例文号〔2027〕3号")
    education.exempt(centre.session, CENTRE, exempt, 2027, command, centre.clock)
    centre.go_to(date(2027, 10, 1))
    step(centre, 2027)
    step(centre, 2027)

    assert sorted(told(centre)) == sorted([(none, 2027, 0), (some, 2027, 6)])
    assert {event["by"] for event in centre.announced("shortfall.forecast")} == {"2027-12-31"}
    assert (2028, "") in planned(centre)
    listed = queries.list_shortfalls(
        centre.session, CHANGCHUN, ShortfallFilters(year=2027), centre.clock.today(), PageArguments(50)
    )
    assert {each.person_id for each in listed.items} == {none, some}  # both work in 长春
    assert centre.gaps() == []


def test_the_year_of_the_first_certificate_and_a_year_in_which_it_ends_ask_for_none(centre, holders):
    centre.go_to(date(2026, 10, 1))
    step(centre, 2026)
    centre.go_to(date(2029, 10, 1))
    step(centre, 2029)

    assert told(centre) == []


def test_after_the_year_nobody_is_told_and_the_present_one_is_planned(centre, holders):
    centre.go_to(date(2028, 4, 1))
    step(centre, 2027)

    assert told(centre) == []
    assert (2028, "") in planned(centre)


def test_it_goes_through_them_many_at_a_time(centre):
    centre.session.execute(FILL, {"count": forecast.AT_ONCE + 3})
    centre.go_to(date(2027, 10, 1))
    with statements(centre.session.connection()) as found:
        step(centre, 2027)
        centre.session.flush()
    assert len(told(centre)) == forecast.AT_ONCE and len(found) <= 9

    last = f"c{forecast.AT_ONCE:05d}"
    assert (2027, last) in planned(centre)
    step(centre, 2027, last)
    assert len(told(centre)) == forecast.AT_ONCE + 3
    assert (2028, "") in planned(centre)
