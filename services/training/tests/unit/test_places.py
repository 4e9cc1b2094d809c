import pytest

from training.domain.education import EducationYear
from training.domain.nomination import AlreadyNominated, ClassIsFull, Places, QuotaIsFull


def places(capacity=10, **quotas):
    within = {"changchun": frozenset({"220102", "220184"}), "meihekou": frozenset({"220581"})}
    return Places(capacity, quotas, {code: within[code] for code in quotas}, {})


def test_a_person_takes_one_place_of_a_class():
    free = places()
    free.take("a", "220102")

    with pytest.raises(AlreadyNominated):
        free.take("a", "220102")


def test_a_class_takes_as_many_as_it_has_places():
    free = places(capacity=1)
    free.take("a", "220102")

    with pytest.raises(ClassIsFull):
        free.take("b", "220102")


def test_a_division_fills_its_quota_with_all_that_lies_in_it_and_leaves_the_others_theirs():
    free = places(changchun=2, meihekou=0)
    free.take("a", "220102")
    free.take("b", "220184")

    with pytest.raises(QuotaIsFull) as refused:
        free.take("c", "220102")
    assert refused.value.facts == {"division": "changchun", "places": 2}
    with pytest.raises(QuotaIsFull):
        free.take("d", "220581")
    free.take("e", "220302")


def test_a_year_of_education_adds_up():
    year = EducationYear("p:2026", "p", 2026, "220102")
    year.record(6, 16, None)
    event = year.record(10.5, 16, None)

    assert (event.hours, event.total_hours, event.required_hours) == (10.5, 16.5, 16)
