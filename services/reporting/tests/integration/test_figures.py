"""Coverage and statistics: each figure is what held on the day asked, whatever came to be known since."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reporting_world import (
    CHANGBAISHAN,
    CHANGCHUN,
    CHIBEI,
    GONGZHULING,
    GONGZHULING_OLD,
    MEIHEKOU,
    NANGUAN,
    PROVINCE,
    SIPING,
    TONGHUA,
    Chronicle,
    figures,
    whole_report,
)
from sqlalchemy import select

from chassis.http import PageArguments
from chassis.ids import new_id
from programme import rulesets
from programme.callers import Caller
from programme.rulesets import PublishRuleSet
from reporting import queries
from reporting.domain.coverage import Population, UnknownUnit
from reporting.handlers import deliveries
from reporting.queries import RecordFilters
from reporting.storage import delivery
from reporting.usecases import targets
from reporting.usecases.targets import SetTarget
from reporting.views import EnrolmentCount, FilingCounts
from testkit.divisions import JILIN_CITY, YANBIAN
from testkit.divisions import PROVINCE as PROVINCE_CODE

ACTIVE, SUSPENDED, NONE = (1, 1, 0), (1, 0, 1), (1, 0, 0)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2018-12-31", None),
        ("2026-01-04", NONE),
        ("2026-01-05", ACTIVE),
        ("2026-01-19", ACTIVE),
        ("2026-01-20", SUSPENDED),
        ("2026-01-31", SUSPENDED),
        ("2026-02-01", ACTIVE),
        ("2026-02-19", ACTIVE),
    ],
)
def test_a_suspension_counts_from_its_day_until_the_day_of_the_restoration(session, apply, chronicle, day, expected):
    enterprise = chronicle.enterprise()
    made = chronicle.made(enterprise, "2026-01-05")
    apply(enterprise, made)
    apply(chronicle.then(made, "suspended", "2026-01-20"))
    apply(chronicle.then(made, "restored", "2026-02-01"))
    assert figures(session, day).get(CHANGCHUN) == expected

    apply(chronicle.then(made, "filed", "2026-02-10", late=True), chronicle.then(made, "ended", "2026-02-20"))

    assert figures(session, day).get(CHANGCHUN) == expected
    assert figures(session, "2026-02-20")[CHANGCHUN] == ACTIVE
    assert figures(session, "2026-02-21")[CHANGCHUN] == NONE


def test_an_enterprise_that_was_deregistered_counts_until_its_last_day(session, apply, chronicle):
    enterprise, other = chronicle.enterprise(), chronicle.enterprise()
    made = chronicle.made(enterprise, "2026-01-05")
    apply(enterprise, other, made)
    apply(chronicle.then(made, "ended", "2026-02-20"), chronicle.deregistered(enterprise, "2026-02-20"))

    assert figures(session, "2026-02-19")[CHANGCHUN] == (2, 1, 0)
    assert figures(session, "2026-02-20")[CHANGCHUN][0] == 2
    assert figures(session, "2026-02-21")[CHANGCHUN] == (1, 0, 0)
    assert queries.statistics(session, date(2026, 2, 21)).enterprises == 1


def test_suspended_restored_and_suspended_again_on_one_day_is_suspended(session, apply, chronicle):
    enterprise = chronicle.enterprise()
    made = chronicle.made(enterprise, "2026-01-05")
    apply(
        enterprise, made, *(chronicle.then(made, what, "2026-01-20") for what in ("suspended", "restored", "suspended"))
    )

    assert figures(session, "2026-01-20")[CHANGCHUN] == SUSPENDED


def test_a_rule_set_can_count_who_is_suspended_from_its_day_on(session, apply, chronicle, clock):
    enterprise = chronicle.enterprise()
    made = chronicle.made(enterprise, "2026-01-05")
    apply(enterprise, made, chronicle.then(made, "suspended", "2026-01-20"))
    counts = PublishRuleSet(date(2026, 3, 1), "示例文号", {"count_suspended_as_covered": True}, "示例更正")
    rulesets.publish(session, PROVINCE, counts, clock)

    def total(day):
        found = queries.coverage(session, PROVINCE, date.fromisoformat(day), Population.ALL).total
        return found.active, found.suspended, found.covered, found.percent

    assert total("2026-02-28") == (0, 1, 0, 0.0)
    assert total("2026-03-01") == (0, 1, 1, 100.0)
    assert total("2012-01-01") == (0, 0, 0, None)  # before the first rule set


@pytest.mark.parametrize("what", ["suspended", "excluded", "suspended_for_breach", "suspended_with_certificate"])
def test_for_whatever_reason_it_is_suspended_its_enterprise_is_not_covered(session, apply, chronicle, what):
    enterprise = chronicle.enterprise()
    made = chronicle.made(enterprise, "2026-01-05")
    apply(enterprise, made, chronicle.then(made, what, "2026-01-20"))

    assert figures(session, "2026-01-19")[CHANGCHUN] == ACTIVE
    assert figures(session, "2026-01-20")[CHANGCHUN] == SUSPENDED


def test_an_end_entered_late_outweighs_a_suspension_announced_before_it(session, apply, chronicle):
    """The day of an end may lie before the day on which the appointment was suspended: it ended all the same."""
    enterprise = chronicle.enterprise()
    made = chronicle.made(enterprise, "2026-01-05")
    apply(
        enterprise, made, chronicle.then(made, "suspended", "2026-02-01"), chronicle.then(made, "ended", "2026-01-25")
    )

    assert figures(session, "2026-01-25")[CHANGCHUN] == ACTIVE
    assert figures(session, "2026-01-26")[CHANGCHUN] == NONE
    assert figures(session, "2026-02-01")[CHANGCHUN] == NONE


def test_a_cqo_until_31_december_counts_on_31_december(session, apply, chronicle):
    enterprise = chronicle.enterprise()
    made = chronicle.made(enterprise, "2025-01-05")
    apply(enterprise, made, chronicle.then(made, "ended", "2025-12-31"))

    assert figures(session, "2025-12-31")[CHANGCHUN] == ACTIVE
    assert figures(session, "2026-01-01")[CHANGCHUN] == NONE
    assert queries.statistics(session, date(2025, 12, 31)).appointments == {"active": 1}
    assert queries.statistics(session, date(2026, 1, 1)).appointments == {"ended": 1}


def test_a_suspended_cqo_does_not_hide_another_that_is_active(session, apply, chronicle):
    enterprise = chronicle.enterprise()
    old, new = chronicle.made(enterprise, "2026-01-05"), chronicle.made(enterprise, "2026-01-06")
    apply(enterprise, old, new, chronicle.then(old, "suspended", "2026-01-20"))

    assert figures(session, "2026-01-20")[CHANGCHUN] == ACTIVE


def test_an_enterprise_counts_where_its_division_reported_on_that_day(session, apply, chronicle):
    apply(*(chronicle.enterprise(division) for division in (MEIHEKOU, CHIBEI, GONGZHULING_OLD, GONGZHULING)))

    assert figures(session, "2020-06-18") == {SIPING: (2, 0, 0), TONGHUA: NONE, CHANGBAISHAN: NONE}
    assert figures(session, "2020-06-19") == {CHANGCHUN: (2, 0, 0), TONGHUA: NONE, CHANGBAISHAN: NONE}
    assert figures(session, "2021-12-31") == {CHANGCHUN: (2, 0, 0), TONGHUA: NONE, CHANGBAISHAN: NONE}
    assert figures(session, "2022-01-01") == {CHANGCHUN: (2, 0, 0), MEIHEKOU: NONE, CHANGBAISHAN: NONE}


def test_a_division_sees_its_own_subtree_as_it_was(session, apply, chronicle):
    apply(chronicle.enterprise(GONGZHULING_OLD), chronicle.enterprise(NANGUAN))
    siping = Caller("s", "division", division=SIPING)
    county = Caller("n", "division", division=NANGUAN)

    assert figures(session, "2020-06-18", caller=siping) == {SIPING: NONE}
    assert figures(session, "2020-06-19", caller=siping) == {}
    assert figures(session, "2020-06-19", caller=county) == {NANGUAN: NONE}


def test_a_countys_officer_gets_figures_named_for_the_county_and_its_target(session, apply, chronicle, clock):
    """Not a row with the prefecture's name and target, and the county's numbers."""
    firm = chronicle.enterprise(NANGUAN, award_contender=True)
    apply(firm, chronicle.enterprise(GONGZHULING, award_contender=True), chronicle.made(firm, "2026-01-05"))
    for division, percent in ((PROVINCE_CODE, 50), (CHANGCHUN, 60), (NANGUAN, 70)):
        targets.set_target(session, PROVINCE, SetTarget(division, 2026, "award", percent, "示例文号"), clock)
    officers = [Caller("n", "division", division=code) for code in (NANGUAN, GONGZHULING, CHANGCHUN)]

    found = [queries.coverage(session, officer, date(2026, 3, 2), Population.AWARD) for officer in officers]

    rows = [
        [(row.unit, row.name, row.enterprises, row.active, row.target_percent) for row in each.units] for each in found
    ]
    assert rows == [
        [(NANGUAN, "南关区", 1, 1, 70)],
        [(GONGZHULING, "公主岭市", 1, 0, 60)],  # it has none of its own
        [(CHANGCHUN, "长春市", 2, 1, 60)],
    ]
    totals = [(each.total.unit, each.total.name, each.total.enterprises, each.total.target_percent) for each in found]
    assert totals == [
        (NANGUAN, "南关区合计", 1, 70),
        (GONGZHULING, "公主岭市合计", 1, 60),
        (CHANGCHUN, "长春市合计", 2, 60),
    ]
    behind = queries.records(session, officers[0], RecordFilters(unit=NANGUAN), date(2026, 3, 2), PageArguments(100))
    assert [(row.enterprise_id, row.unit) for row in behind.items] == [(firm.subject, NANGUAN)]
    with pytest.raises(UnknownUnit):
        queries.records(session, officers[0], RecordFilters(unit=CHANGCHUN), date(2026, 3, 2), PageArguments(100))


def test_the_row_of_a_county_that_moved_has_the_code_of_the_day(session, apply, chronicle):
    apply(chronicle.enterprise(GONGZHULING_OLD))
    officer = Caller("g", "division", division=GONGZHULING)

    assert figures(session, "2020-06-18", caller=officer) == {GONGZHULING_OLD: NONE}
    assert figures(session, "2020-06-19", caller=officer) == {GONGZHULING: NONE}
    whole = Caller("j", "division", division=PROVINCE_CODE)
    assert figures(session, "2020-06-18", caller=whole) == {SIPING: NONE}


def test_each_population_is_of_those_who_belonged_to_it_on_the_day(session, apply, chronicle):
    award = chronicle.enterprise(award_contender=True)
    both = chronicle.enterprise(award_contender=True, brand_contender=True)
    large, plain = chronicle.enterprise(above_threshold=True), chronicle.enterprise()
    apply(award, both, large, plain)
    apply(chronicle.made(award, "2026-01-05"))
    apply(chronicle.enterprise(NANGUAN, "2026-02-01", award.subject, brand_contender=True))

    def sizes(day):
        return {name: figures(session, day, name).get(CHANGCHUN, (0, 0, 0))[:2] for name in Population}

    assert sizes("2026-01-31") == {
        "award": (2, 1),
        "brand": (1, 0),
        "contenders": (2, 1),
        "above_threshold": (1, 0),
        "all": (4, 1),
    }
    assert sizes("2026-02-01") == {
        "award": (1, 0),
        "brand": (2, 1),
        "contenders": (2, 1),
        "above_threshold": (1, 0),
        "all": (4, 1),
    }


def test_only_industrial_enterprises_count_as_above_the_threshold(session, apply, chronicle):
    """规模以上工业企业 (R14): the register refuses the mark for others now, and took it before."""
    apply(
        chronicle.enterprise(industry="C36", above_threshold=True),
        chronicle.enterprise(industry="I65", above_threshold=True),
    )

    assert figures(session, "2026-01-31", "above_threshold") == {CHANGCHUN: NONE}
    assert figures(session, "2026-01-31", "all") == {CHANGCHUN: (2, 0, 0)}


def test_a_province_without_enterprises_has_units_and_no_percentage(session, apply):
    found = queries.coverage(session, PROVINCE, date(2026, 3, 2), Population.AWARD)

    assert [row.unit for row in found.units] == [
        CHANGCHUN,
        JILIN_CITY,
        SIPING,
        TONGHUA,
        MEIHEKOU,
        YANBIAN,
        CHANGBAISHAN,
    ]
    assert {row.percent for row in (*found.units, found.total)} == {None}
    assert found.total.enterprises == 0


def test_before_any_division_is_known_there_is_nothing_to_report(session):
    found = queries.coverage(session, PROVINCE, date(2026, 3, 2), Population.ALL)

    assert found.units == () and found.total.percent is None


def test_the_records_behind_a_figure_are_as_many_as_it_says(session, apply, chronicle):
    apply(*chronicle.life())
    day = date(2026, 1, 25)
    for unit, (enterprises, active, suspended) in figures(session, day.isoformat()).items():
        asked = RecordFilters(unit=unit)
        found = [row.state for row in queries.records(session, PROVINCE, asked, day, PageArguments(100)).items]

        assert (len(found), found.count("active"), found.count("suspended")) == (enterprises, active, suspended)


def test_statistics_are_those_of_the_day(session, apply, chronicle):
    apply(*chronicle.life())

    def deliveries(day):
        return [(row.state, row.number) for row in queries.statistics(session, date.fromisoformat(day)).deliveries]

    past = queries.statistics(session, date(2026, 1, 25))
    assert past.certificates == {"revoked": 1} and past.talents == {"lapsed": 1}
    assert past.appointments == {"active": 1, "suspended": 1} and past.filings == FilingCounts(in_time=1, late=0)
    assert past.enrolments == (
        EnrolmentCount(class_kind="initial", passed=False, number=1),
        EnrolmentCount(class_kind="initial", passed=True, number=1),
    )
    # The delivery that failed was sent later; on the days between it had failed.
    assert (deliveries("2026-01-09"), deliveries("2026-01-25"), deliveries("2026-02-05")) == (
        [],
        [("failed", 1)],
        [("sent", 1)],
    )


def test_it_is_counted_who_has_reached_the_years_hours(session, apply, chronicle):
    """R34: corrections too, also of a year gone by."""
    apply(*chronicle.life(), chronicle.educated("p2", 2026, "2026-02-11", 16))
    apply(chronicle.educated("p2", 2026, "2026-02-12", 12))

    def education(day):
        found = queries.statistics(session, date.fromisoformat(day)).education
        return [(row.year, row.reached, row.behind) for row in found]

    assert education("2025-12-29") == []
    assert education("2026-01-24") == [(2025, 1, 0), (2026, 0, 1)]
    assert education("2026-02-11") == [(2025, 1, 0), (2026, 2, 0)]
    assert education("2026-02-12") == [(2025, 1, 0), (2026, 1, 1)]


def test_who_took_no_hour_at_all_counts_as_behind_once_the_year_has_ended(session, apply, chronicle):
    apply(chronicle.educated("p1", 2026, "2026-02-11", 12), chronicle.behind("p1", 2026, "2027-01-01", 12))
    apply(chronicle.behind("p2", 2026, "2027-01-01"))

    def education(day):
        found = queries.statistics(session, date.fromisoformat(day)).education
        return [(row.year, row.reached, row.behind) for row in found]

    assert (education("2026-12-31"), education("2027-01-01")) == ([(2026, 0, 1)], [(2026, 0, 2)])


def test_the_figures_of_past_days_stay_when_deliveries_pass(session, apply, chronicle):
    apply(*chronicle.life(), *(chronicle.delivery("sent", new_id(), "2026-02-03") for _ in range(3)))
    days = [date.fromisoformat(day) for day in ("2026-01-09", "2026-01-25", "2026-02-03", "2026-02-05")]
    before = [queries.statistics(session, day).deliveries for day in days]
    ids = session.scalars(select(delivery.c.delivery_id)).all()

    deliveries.fold(session, ids[:2])
    deliveries.fold(session, ids[2:])

    assert session.scalars(select(delivery.c.delivery_id)).all() == []
    assert [queries.statistics(session, day).deliveries for day in days] == before


CHRONICLE = Chronicle()
PLACED, LIFE = CHRONICLE.tree(), CHRONICLE.life()
OBJECTS = list(dict.fromkeys(event.aggregate for event in LIFE))


@st.composite
def interleavings(draw):
    """LIFE in another order that keeps each object's own, with every event twice, cut into batches."""
    turns = draw(st.permutations([event.aggregate for event in LIFE]))
    waiting = {name: [event for event in LIFE if event.aggregate == name] for name in OBJECTS}
    arrivals = [waiting[name].pop(0) for name in turns]
    for event in LIFE:  # the second of each comes at any place after the first
        arrivals.insert(draw(st.integers(arrivals.index(event) + 1, len(arrivals))), event)
    cuts = sorted(draw(st.sets(st.integers(1, len(arrivals) - 1), max_size=8)))
    return [arrivals[start:end] for start, end in zip([0, *cuts], [*cuts, len(arrivals)], strict=True)]


@pytest.fixture
def expected(session, applier):
    with session.begin_nested() as trial:
        for event in (*PLACED, *LIFE):
            applier.apply(session, [event])
        found = whole_report(session)
        trial.rollback()
    assert found[-1][0].enterprises == 3
    return found


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=interleavings())
def test_any_interleaving_with_every_event_twice_gives_the_same_figures(session, applier, expected, batches):
    with session.begin_nested() as trial:
        for batch in ([placed] for placed in PLACED):
            applier.apply(session, batch)
        outcomes = [applier.apply(session, batch) for batch in batches]
        found = whole_report(session)
        trial.rollback()

    assert found == expected
    assert sum(len(outcome.applied) for outcome in outcomes) == len(LIFE)
    assert sum(outcome.duplicates for outcome in outcomes) == len(LIFE)
