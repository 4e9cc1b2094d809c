from datetime import date

import pytest
from registry_makers import RULES, expired, issued

from registry.domain.certificates import CertificateFact, CertificateStatus
from registry.domain.eligibility import Dossier, EducationFact, assess
from registry.domain.exclusion import Exclusion
from registry.domain.person import FactKind, PersonFact, full_years, restate

DAY = date(2026, 3, 2)
VALID = CertificateStatus.VALID


def stated(**facts):
    return restate("p1", [], {"quality_years": 5, "declaration": True, **facts}, date(2026, 1, 5))


def met(dossier, on=DAY, rules=RULES):
    return {criterion.rule for criterion in assess("p1", dossier, on, rules).criteria if criterion.met}


def test_a_declared_experienced_and_certified_person_meets_every_criterion():
    decided = assess("p1", Dossier(stated(), [], [issued()]), DAY, RULES)

    assert decided.eligible
    assert [criterion.rule for criterion in decided.criteria] == ["R30", "R31", "R32", "R33", "R34"]
    assert all(criterion.why[0] and criterion.why[1] for criterion in decided.criteria)


def test_a_candidate_before_the_training_lacks_what_the_training_proves():
    assert met(Dossier(stated())) == {"R30", "R32"}


def test_a_title_stands_in_for_years_of_experience_beside_some_quality_work():
    assert "R32" not in met(Dossier(stated(quality_years=2)))
    assert "R32" in met(Dossier(stated(quality_years=1, title="质量工程师")))
    assert "R32" not in met(Dossier(stated(quality_years=0, title="质量工程师")))
    assert "R32" not in met(Dossier(stated(quality_years=None, title="质量工程师")))


def test_how_much_quality_work_a_title_needs_beside_it_is_the_rule_sets():
    assert "R32" not in met(Dossier(stated(quality_years=1, title="工程师")), rules=RULES.but(title_experience_years=2))


def test_no_years_of_quality_work_do_not_grow_into_some():
    assert "R32" not in met(Dossier(stated(quality_years=0, title="工程师")), date(2032, 3, 2))


@pytest.mark.parametrize("word", ["无", "暂无", "没有", "无职称", " 无 ", "-", "/", "None", "n/a"])
def test_a_word_for_none_is_no_title(word):
    assert "R32" not in met(Dossier(stated(quality_years=1, title=word)))
    # Nor is one that was entered before such words were known.
    entered = [*stated(quality_years=1), PersonFact("p1", FactKind.TITLE, word, date(2026, 1, 5), date(2026, 1, 5))]
    assert "R32" not in met(Dossier(entered))


def test_experience_grows_with_the_days_and_is_less_on_a_past_day():
    dossier = Dossier(stated(quality_years=3))

    assert "R32" in met(dossier)
    assert "R32" not in met(dossier, date(2025, 12, 31))


def test_a_past_day_sees_the_certificate_as_it_stood_then():
    dossier = Dossier(stated(), [], [issued(date(2026, 1, 10), date(2026, 2, 28)), expired(date(2026, 3, 1))])

    assert "R33" in met(dossier, date(2026, 2, 28))
    assert "R33" not in met(dossier, DAY)
    assert {"R31", "R33"}.isdisjoint(met(dossier, date(2026, 1, 9)))


def test_an_exclusion_counts_between_its_days_only():
    entry = Exclusion("x1", "i", "r", "d", date(2026, 2, 1), date(2026, 2, 1), date(2026, 2, 28))
    dossier = Dossier(stated(), [entry], [issued()])

    assert "R30" not in met(dossier, date(2026, 2, 28))
    assert "R30" in met(dossier, date(2026, 3, 1))


def test_continuing_education_is_judged_for_the_year_that_is_over():
    certificates = [issued(date(2024, 5, 6), date(2027, 5, 5))]
    hours = [EducationFact("p1", 2025, date(2025, 6, 1), 8, 16), EducationFact("p1", 2025, date(2025, 11, 1), 16, 16)]

    assert "R34" in met(Dossier(stated(), [], certificates, hours))
    assert "R34" not in met(Dossier(stated(), [], certificates, hours[:1]))
    assert "R34" in met(Dossier(stated(), [], certificates), date(2025, 3, 2))


def test_the_duty_of_continuing_education_begins_again_with_a_certificate_after_a_lapse():
    first = [issued(date(2026, 1, 10), date(2029, 1, 9)), expired(date(2029, 1, 10))]
    second = issued(date(2031, 3, 2), date(2034, 3, 1), certificate="c2")
    dossier = Dossier(stated(), [], [*first, second])

    assert "R34" in met(dossier, date(2031, 3, 2)) and "R34" in met(dossier, date(2032, 12, 31))
    assert "R34" not in met(dossier, date(2033, 1, 1))


def test_the_duty_goes_on_where_a_second_certificate_begins_before_the_first_one_ends():
    overlapping = [issued(date(2024, 1, 10), date(2027, 1, 9)), issued(date(2026, 2, 1), date(2029, 1, 31), "c2")]

    assert "R34" not in met(Dossier(stated(), [], overlapping))


def test_the_duty_goes_on_through_a_late_renewal():
    renewed = CertificateFact("c1", "p1", "CQO-c1", date(2027, 3, 1), VALID, date(2027, 3, 1), date(2030, 2, 28))
    chain = [issued(date(2024, 1, 10), date(2027, 1, 9)), expired(date(2027, 1, 10)), renewed]

    assert "R34" not in met(Dossier(stated(), [], chain), date(2027, 3, 2))


def test_the_figure_is_the_rule_sets_and_not_the_codes():
    assert "R32" not in met(Dossier(stated(quality_years=3)), rules=RULES.but(experience_years=5))


def test_stating_the_same_again_touches_no_fact():
    facts = stated(title="工程师")

    assert restate("p1", facts, {"quality_years": 5, "declaration": True, "title": "工程师"}, date(2027, 1, 5)) == []


def test_a_withdrawn_title_closes_its_fact_and_leaves_the_past():
    facts = stated(title="工程师")
    [closed] = restate("p1", facts, {"title": None}, DAY)

    assert (closed.kind, closed.valid_to) == ("title", DAY)
    assert closed.holds_on(date(2026, 3, 1)) and not closed.holds_on(DAY)


def test_full_years_count_anniversaries_and_a_leap_day_has_one_too():
    assert full_years(date(2024, 2, 29), date(2025, 2, 27)) == 0
    assert full_years(date(2024, 2, 29), date(2025, 2, 28)) == 1
    assert full_years(date(2020, 3, 3), date(2026, 3, 2)) == 5
    assert PersonFact("p1", "experience", "1", date(2024, 2, 29), DAY).holds_on(date(2024, 2, 29))
