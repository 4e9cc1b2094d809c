import pytest

from training.domain.places import (
    AlreadyNominated,
    ClassIsFull,
    Places,
    PlacesAreKept,
    QuotaIsFull,
    QuotasBeyondCapacity,
)

WITHIN = {
    "changchun": frozenset({"220102", "220184"}),
    "nanguan": frozenset({"220102"}),
    "meihekou": frozenset({"220581"}),
}


def places(capacity=10, **quotas):
    return Places(capacity, quotas, {code: WITHIN[code] for code in quotas}, {})


def fill(free, *divisions):
    """Whether each of these got a place, one after the other."""
    found = []
    for division in divisions:
        try:
            free.take(f"person {len(found)}", division)
        except (ClassIsFull, QuotaIsFull, PlacesAreKept):
            found.append(False)
        else:
            found.append(True)
    return found


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


def test_a_quota_keeps_its_places_from_all_others():
    free = places(capacity=3, changchun=2)

    assert fill(free, "220302", "220302", "220102", "220184") == [True, False, True, True]


def test_who_finds_the_rest_kept_is_told_how_many_and_until_when():
    free = places(capacity=3, changchun=3)
    with pytest.raises(PlacesAreKept) as refused:
        free.take("a", "220302")

    assert refused.value.facts == {"kept": 3}


def test_places_kept_for_a_county_within_its_prefecture_are_not_kept_twice():
    free = places(capacity=4, changchun=3, nanguan=2)

    # One place for all others; of the three of 长春, two are its county 南关's.
    assert fill(free, "220302", "220302", "220184", "220184", "220102", "220102") == [
        True,
        False,
        True,
        False,
        True,
        True,
    ]


def test_quotas_that_ask_for_more_than_there_is_are_refused_when_the_class_is_scheduled():
    places(capacity=5, changchun=3, nanguan=2, meihekou=2).require_enough()
    with pytest.raises(QuotasBeyondCapacity) as refused:
        places(capacity=4, changchun=3, nanguan=2, meihekou=2).require_enough()
    assert refused.value.facts == {"capacity": 4, "kept": 5}
