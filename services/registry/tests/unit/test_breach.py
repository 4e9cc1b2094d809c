"""Breaches of conduct: entered by one, confirmed by another, lifted (R47, R48)."""

from datetime import date

import pytest
from registry_makers import RULES, appointment, expired, issued

from registry.domain.breach import (
    Breach,
    BreachKind,
    EnteredByTheSame,
    Found,
    LiftedBeforeConfirmed,
    NotConfirmed,
    NotInOfficeThen,
    ReviewedAlready,
)
from registry.domain.standing import changes, office_steps

TODAY = date(2026, 3, 2)


def rules(consequence, months=12):
    return RULES.but(on_breach={"secrecy": {"consequence": consequence, "months": months}})


def found(happened_on=date(2026, 2, 20)):
    return Found(kind=BreachKind.SECRECY, happened_on=happened_on, facts="向同业泄露配方", document="示例查〔2026〕3号")


def entered(**changes):
    return Breach.enter("b1", appointment(**changes), found(), "li", TODAY)


def confirmed(consequence="suspend", months=12, on=TODAY):
    breach = entered()
    return breach, breach.confirm("示例决〔2026〕1号", "wang", on, rules(consequence, months))


@pytest.mark.parametrize("day", [date(2026, 1, 31), date(2026, 3, 3)])
def test_a_breach_is_of_a_day_in_office(day):
    with pytest.raises(NotInOfficeThen):
        Breach.enter("b1", appointment(), found(day), "li", TODAY)
    with pytest.raises(NotInOfficeThen):
        Breach.enter("b1", appointment(ended_on=date(2026, 2, 19)), found(), "li", TODAY)


def test_it_is_confirmed_by_somebody_else_and_once():
    breach = entered()
    for decide in (lambda by: breach.confirm("x", by, TODAY, rules("warn")), lambda by: breach.dismiss("x", by, TODAY)):
        with pytest.raises(EnteredByTheSame):
            decide("li")
    breach.dismiss("示例决〔2026〕1号", "wang", TODAY)

    assert (breach.status, breach.consequence, breach.version) == ("dismissed", None, 0)
    with pytest.raises(ReviewedAlready):
        breach.confirm("x", "zhao", TODAY, rules("warn"))


def test_the_consequence_is_the_rule_sets_and_the_facts_are_not_announced():
    breach, event = confirmed("warn")

    assert (breach.status, event.kind, event.consequence, event.ruleset, event.until) == (
        "confirmed",
        "secrecy",
        "warn",
        1,
        None,
    )
    assert "facts" not in vars(event) and "document" not in vars(event)


@pytest.mark.parametrize(
    ("on", "months", "last"),
    [
        (date(2026, 3, 2), 12, date(2027, 3, 1)),
        (date(2026, 8, 31), 6, date(2027, 2, 27)),
        (date(2028, 2, 29), 12, date(2029, 2, 27)),
    ],
)
def test_an_exclusion_is_for_the_rule_sets_months(on, months, last):
    assert confirmed("exclude", months, on)[1].until == last


def test_only_what_is_confirmed_is_lifted_from_a_day_since_then():
    with pytest.raises(NotConfirmed):
        entered().lift(TODAY, "x", TODAY)
    breach, _ = confirmed()
    for day in (date(2026, 3, 1), date(2026, 4, 2)):
        with pytest.raises(LiftedBeforeConfirmed):
            breach.lift(day, "x", date(2026, 4, 1))
    assert breach.lift(date(2026, 4, 1), "示例决〔2026〕2号", date(2026, 4, 1)).on == date(2026, 4, 1)
    with pytest.raises(NotConfirmed):
        breach.lift(date(2026, 4, 1), "x", date(2026, 4, 1))


def worked_out(breach, facts):
    return office_steps(date(2026, 2, 1), facts, lambda _: RULES, (), date(2026, 12, 31), [breach])


def steps(breach, facts):
    return [(step.on, str(step.status), step.reason, step.causes) for step in changes(worked_out(breach, facts))]


def test_it_suspends_until_it_is_lifted():
    breach, _ = confirmed()
    assert steps(breach, [issued()])[1:] == [(TODAY, "suspended", "breach_confirmed", ("breach_confirmed:b1",))]
    breach.lift(date(2026, 4, 1), "x", date(2026, 4, 1))
    assert steps(breach, [issued()])[1:] == [
        (TODAY, "suspended", "breach_confirmed", ("breach_confirmed:b1",)),
        (date(2026, 4, 1), "active", "breach_lifted", ()),
    ]


def test_its_lifting_undoes_what_it_alone_has_caused():
    breach, _ = confirmed()
    breach.lift(date(2026, 4, 1), "x", date(2026, 4, 1))

    last = worked_out(breach, [issued(), expired(date(2026, 3, 20))])[-1]

    assert (last.on, last.status, last.reason) == (date(2026, 4, 1), "suspended", "certificate_expired")
    assert last.causes == ("certificate_expired:c1",)


def test_a_breach_with_another_consequence_suspends_nothing():
    for consequence in ("none", "warn", "end", "exclude"):
        assert len(steps(confirmed(consequence)[0], [issued()])) == 1
