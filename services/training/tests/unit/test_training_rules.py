"""The rules of classes and certificates."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from training_makers import EDUCATED, rules

from training.adapters import numbers
from training.domain.certificate import Certificate, CertificateStatus
from training.domain.certificate_refusals import EducationShort, IsRevoked, OutsideRenewalWindow
from training.domain.class_refusals import BlockUnknown, ClassIsClosed, ClassNotOver
from training.domain.education import YearTaken
from training.domain.enrolment import Enrolment, HoursBeyondBlock, TooManySittings
from training.domain.term import add_months, end_of_term
from training.domain.training_class import Block, ClassKind, TrainingClass

RULES = rules(version=7)
DAY = date(2026, 3, 13)


def a_class() -> TrainingClass:
    blocks = [("cqo_system", 16), ("quality_safety_law", 12), ("advanced_methods", 12)]
    described = [Block(name, hours, "示例讲师") for name, hours in blocks]
    return TrainingClass("c1", "示例班", ClassKind.INITIAL, date(2026, 3, 9), DAY, 200, described)


def an_enrolment(score: float | None = 75, **hours: float) -> Enrolment:
    training_class, enrolment = a_class(), Enrolment("e1", "c1", "p1", "f1", "220102")
    for block in training_class.blocks:
        enrolment.attend(training_class, block.name, hours.get(block.name, block.hours))
    if score is not None:
        enrolment.sit(1, score, RULES)
    return enrolment


def a_certificate(until: date = date(2029, 3, 12)) -> Certificate:
    return Certificate("k1", "CQO-JL-2026-220100-000012", "p1", "示例人甲", "f1", "220102", DAY, DAY, until, 1)


def test_who_attends_and_passes_the_exam_passes_by_the_rule_set_in_force() -> None:
    event = an_enrolment().complete(a_class(), RULES, DAY)

    assert event.passed
    assert (event.hours, event.attendance_percent, event.score, event.ruleset) == (40, 100, 75, 7)


def test_each_shortfall_is_named() -> None:
    enrolment = an_enrolment(score=59, cqo_system=8)
    enrolment.complete(a_class(), RULES, DAY)

    assert not enrolment.passed
    assert enrolment.shortfalls == ["attendance 80.0 % of 90 %", "score 59 of 60"]


def test_who_sat_no_exam_fails() -> None:
    assert not an_enrolment(score=None).complete(a_class(), RULES, DAY).passed


def test_the_best_sitting_counts_and_the_rule_set_limits_the_sittings() -> None:
    enrolment = an_enrolment(score=40)
    enrolment.sit(2, 61, RULES)
    with pytest.raises(TooManySittings):
        enrolment.sit(4, 99, RULES)

    assert enrolment.complete(a_class(), RULES, DAY).passed


def test_hours_beyond_a_block_and_unknown_blocks_are_refused() -> None:
    enrolment = an_enrolment()

    with pytest.raises(HoursBeyondBlock):
        enrolment.attend(a_class(), "cqo_system", 17)
    with pytest.raises(BlockUnknown):
        enrolment.attend(a_class(), "cooking", 1)


def test_a_class_closes_once_and_not_before_its_last_day() -> None:
    training_class = a_class()
    with pytest.raises(ClassNotOver):
        training_class.close(DAY - timedelta(days=1), 1, 0)
    training_class.close(DAY, 1, 0)

    with pytest.raises(ClassIsClosed):
        training_class.close(DAY, 1, 0)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 3, 13), date(2029, 3, 12)),
        (date(2028, 2, 29), date(2031, 2, 28)),
        (date(2026, 1, 1), date(2028, 12, 31)),
    ],
)
def test_a_term_of_36_months_ends_the_day_before_its_anniversary(first: date, last: date) -> None:
    assert end_of_term(first, 36) == last


def test_months_are_added_to_the_last_day_where_a_month_is_shorter() -> None:
    assert add_months(date(2026, 10, 31), 4) == date(2027, 2, 28)


@pytest.mark.parametrize("days", [-90, 0, 1, 365])
def test_a_certificate_can_be_renewed_on_each_edge_of_the_window(days: int) -> None:
    certificate = a_certificate()

    event = certificate.renew(certificate.valid_until + timedelta(days=days), EDUCATED, RULES)
    assert certificate.status == CertificateStatus.VALID
    assert event.valid_until == certificate.valid_until > event.previous_valid_until


@pytest.mark.parametrize("days", [-91, 366])
def test_outside_the_window_it_can_not(days: int) -> None:
    certificate = a_certificate()

    with pytest.raises(OutsideRenewalWindow):
        certificate.renew(certificate.valid_until + timedelta(days=days), EDUCATED, RULES)


def test_an_early_renewal_loses_no_day_and_a_late_one_counts_from_the_day() -> None:
    early, late = a_certificate(), a_certificate()
    early.renew(date(2029, 1, 2), EDUCATED, RULES)
    late.renew(date(2029, 5, 1), EDUCATED, RULES)

    assert early.valid_until == date(2032, 3, 12)
    assert late.valid_until == date(2032, 4, 30)


def test_renewal_needs_the_continuing_education() -> None:
    with pytest.raises(EducationShort):
        a_certificate().renew(date(2029, 3, 1), [YearTaken(2028, 15.5, 16)], RULES)


def test_a_revoked_certificate_stays_revoked() -> None:
    certificate = a_certificate()
    certificate.revoke(DAY, "示例", "示例文号")

    assert certificate.status == CertificateStatus.REVOKED
    assert certificate.expire() is None
    assert certificate.remind(DAY) is None
    with pytest.raises(IsRevoked):
        certificate.renew(certificate.valid_until, EDUCATED, RULES)
    with pytest.raises(IsRevoked):
        certificate.revoke(DAY, "示例", "示例文号")


def test_a_certificate_expires_once_on_the_day_after_its_last() -> None:
    certificate = a_certificate()
    event = certificate.expire()

    assert event is not None
    assert event.on == date(2029, 3, 13)
    assert certificate.status == CertificateStatus.EXPIRED
    assert certificate.expire() is None


def test_the_check_character_catches_every_wrong_character_and_nearly_every_swap() -> None:
    number = numbers.number_of(2026, "220100", 12)
    places = [index for index, character in enumerate(number) if character != "-" and index >= 7]
    wrong = [
        number[:index] + other + number[index + 1 :]
        for index in places
        for other in numbers.ALPHABET
        if other != number[index]
    ]
    swapped = [
        number[:index] + number[index + 1] + number[index] + number[index + 2 :]
        for index in places[:-1]
        if number[index + 1] not in ("-", number[index])
    ]

    assert numbers.is_valid(number)
    assert not any(map(numbers.is_valid, wrong))
    assert sum(map(numbers.is_valid, swapped)) <= 1


def test_a_number_names_its_year_and_reporting_unit() -> None:
    assert numbers.number_of(2026, "JL-CBS", 3).startswith("CQO-JL-2026-CBS-00003")
