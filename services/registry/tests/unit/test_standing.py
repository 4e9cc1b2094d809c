"""What certificates give from day to day, whatever the order in which it becomes known."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta

import pytest
from registry_makers import RULES, expired, issued, revoked

from registry.domain.certificates import CertificateStatus
from registry.domain.exclusion import Exclusion
from registry.domain.standing import NEVER_IN_POOL, Said, changes, office_steps, pool_steps, unsaid

TODAY = date(2026, 4, 1)
APPOINTED = date(2026, 2, 1)


def office(*facts, rules=RULES):
    steps = office_steps(APPOINTED, facts, lambda _: rules)
    return [(step.on, step.status, step.causes) for step in changes(steps)][1:]


def pool(*facts):
    return [(step.on, step.status, step.certificate.certificate_id) for step in changes(pool_steps(facts))]


def test_a_certificate_revoked_after_the_appointment_suspends_it():
    assert office(issued(), revoked(TODAY)) == [(TODAY, "suspended", ("certificate_revoked:c1",))]
    assert pool(issued(), revoked(TODAY)) == [(date(2026, 1, 10), "in_pool", "c1"), (TODAY, "lapsed", "c1")]


def test_the_rule_set_may_let_an_expiry_pass():
    assert office(issued(), expired(TODAY), rules=RULES.but(on_certificate_expired="none")) == []


@pytest.mark.parametrize("ended", [expired(TODAY), revoked(TODAY)])
def test_another_certificate_that_is_valid_keeps_everything(ended):
    other = issued(date(2026, 3, 1), date(2029, 2, 28), certificate="c2")

    assert office(issued(), other, ended) == []
    assert pool(issued(), other, ended) == [(date(2026, 1, 10), "in_pool", "c1")]


@pytest.mark.parametrize(
    "other",
    [
        [issued(date(2023, 4, 1), TODAY - timedelta(days=1), certificate="c2")],
        [issued(certificate="c2"), revoked(TODAY, certificate="c2")],
    ],
    ids=["that ran out before", "that was revoked"],
)
def test_a_certificate_keeps_nothing_if_it_is_not_valid_that_day(other):
    assert office(issued(), *other, expired(TODAY))[-1][:2] == (TODAY, "suspended")
    assert pool(issued(), *other, expired(TODAY))[-1][:2] == (TODAY, "lapsed")


def test_a_renewal_restores_what_the_expiry_suspended():
    renewed = issued(TODAY + timedelta(days=5), date(2032, 1, 1))

    [_, restored] = changes(office_steps(APPOINTED, [issued(), expired(TODAY), renewed], lambda _: RULES))[1:]

    assert (restored.on, restored.status, restored.reason, restored.causes) == (
        renewed.on,
        "active",
        "certificate_renewed",
        (),
    )


def suspended(on, certificate="c1"):
    return replace(revoked(on, certificate=certificate), status=CertificateStatus.SUSPENDED)


def test_a_suspended_certificate_suspends_until_it_is_reinstated():
    again = issued(TODAY + timedelta(days=5), date(2029, 1, 9))

    assert office(issued(), suspended(TODAY), again) == [
        (TODAY, "suspended", ("certificate_suspended:c1",)),
        (again.on, "active", ()),
    ]
    assert office_steps(APPOINTED, [issued(), suspended(TODAY), again], lambda _: RULES)[-1].reason == (
        "certificate_reinstated"
    )
    assert [status for _, status, _ in pool(issued(), suspended(TODAY), again)] == ["in_pool", "lapsed", "in_pool"]
    assert office(issued(), suspended(TODAY), rules=RULES.but(on_certificate_suspended="none")) == []


def test_a_certificate_that_is_replaced_leaves_everything_to_the_one_that_replaces_it():
    other = issued(TODAY, date(2029, 2, 28), certificate="c2")
    replaced = replace(revoked(TODAY), status=CertificateStatus.REPLACED)

    assert office(issued(), other, replaced) == []
    assert office(issued(), other, replaced, revoked(TODAY + timedelta(days=1), certificate="c2"))[-1][1] == "suspended"


def test_nothing_renews_what_was_revoked_but_a_new_certificate_stands_in_for_it():
    later = TODAY + timedelta(days=1)
    known = [issued(), expired(TODAY), revoked(TODAY), issued(TODAY, date(2030, 1, 1))]
    causes = ("certificate_revoked:c1",)

    assert office(*known) == [(TODAY, "suspended", causes)]
    assert office(*known, issued(later, date(2029, 1, 1), certificate="c2"))[-1] == (later, "active", ())


def test_a_second_cause_is_kept_and_is_no_other_status():
    known = [issued(), expired(TODAY), revoked(TODAY + timedelta(days=1))]

    steps = office_steps(APPOINTED, known, lambda _: RULES)

    assert steps[-1].causes == ("certificate_expired:c1", "certificate_revoked:c1")
    assert unsaid([Said(APPOINTED, "active"), Said(TODAY, "suspended")], steps) == []


LIFE = [
    issued(date(2023, 1, 10), date(2026, 1, 9), certificate="a"),
    expired(date(2026, 1, 10), certificate="a"),
    issued(date(2026, 2, 20), date(2029, 2, 19), certificate="b"),
    revoked(date(2027, 5, 5), certificate="b"),
    issued(date(2027, 8, 1), date(2030, 7, 31), certificate="c"),
]
IN_POOL = [
    (date(2023, 1, 10), "in_pool"),
    (date(2026, 1, 10), "lapsed"),
    (date(2026, 2, 20), "in_pool"),
    (date(2027, 5, 5), "lapsed"),
    (date(2027, 8, 1), "in_pool"),
]


def in_order_of_each(facts):
    """Whether each certificate's own events are in their order, as they always come."""
    days: dict[str, date] = {}
    for fact in facts:
        if fact.on < days.get(fact.certificate_id, fact.on):
            return False
        days[fact.certificate_id] = fact.on
    return True


def test_in_whatever_order_it_becomes_known_what_is_said_last_of_each_day_is_right():
    orders = [order for order in itertools.permutations(LIFE) if in_order_of_each(order)]
    for order in orders:
        said = [NEVER_IN_POOL]
        for place in range(1, len(order) + 1):
            said += [Said(step.on, step.status) for step in unsaid(said, pool_steps(order[:place]))]

        for since, status in IN_POOL:
            assert next(held for on, held, _ in reversed(said) if on <= since) == status, order
    assert len(orders) == 30


def exclusion(since, until):
    return Exclusion("x1", "index", "伪造检验报告", "示例〔2026〕9号", since, since, until)


def test_whoever_entered_the_pool_late_is_not_said_to_have_left_it_before():
    facts = [issued(), issued(TODAY, date(2032, 1, 1))]
    kept_out = exclusion(date(2026, 1, 1), date(2026, 1, 31))

    steps = pool_steps(facts, [kept_out])

    assert [(step.on, step.status) for step in changes(steps)] == [
        (date(2026, 1, 10), "lapsed"),
        (date(2026, 2, 1), "in_pool"),
    ]
    assert unsaid([NEVER_IN_POOL, Said(date(2026, 2, 1), "in_pool")], steps) == []


def test_what_is_undone_on_its_own_day_is_said_of_that_day_and_for_its_reason():
    renewed = issued(TODAY, date(2032, 1, 1))
    facts = [issued(), expired(TODAY), renewed]
    of_that_day = {
        "certificate_expired": "certificate_renewed",
        "excluded": "exclusion_over",
        "breach_confirmed": "breach_lifted",
    }

    for reason, restored_for in of_that_day.items():
        said = [Said(APPOINTED, "active"), Said(TODAY, "suspended", reason)]
        [step] = unsaid(said, office_steps(APPOINTED, facts, lambda _: RULES))
        assert (step.on, step.status, step.reason) == (TODAY, "active", restored_for)
    [in_pool] = unsaid([Said(TODAY, "lapsed")], pool_steps(facts), since=TODAY)
    assert (in_pool.on, in_pool.status, in_pool.certificate) == (TODAY, "in_pool", renewed)
