"""Worklists: each shows what somebody has to act on, to those who may see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from registry_world import CHANGCHUN, PROVINCE, SIPING, Register, make_cipher
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from chassis.errors import NotFound
from chassis.http import PageArguments
from programme.callers import Caller
from registry import queries
from registry.queries import Worklist
from registry.seed import seed
from registry.usecases.exclusions import Exclude, exclude
from registry.usecases.file_appointment import ReturnFiling, SubmitFiling, return_filing, submit_filing
from testkit import Client


def listed(register: Register, name: Worklist, caller: Caller = PROVINCE) -> list[tuple[str, date]]:
    page = queries.worklist(register.session, caller, name, register.clock.today(), PageArguments(50))
    return [(item.id, item.day) for item in page.items]


@pytest.fixture
def made(register: Register):
    """A firm's appointment of 1 March, whose certificate ends on 9 January 2029."""
    firm = register.firm()
    holder = register.person(firm)
    register.issue(holder)
    return register.appoint(holder, register.post(firm))


def test_a_filing_moves_from_list_to_list(register, made):
    assert listed(register, Worklist.TO_BE_FILED) == [(made.id, date(2026, 3, 31))]
    submit_filing(register.session, PROVINCE, made.id, SubmitFiling(), register.clock)
    assert listed(register, Worklist.TO_BE_DECIDED) == [(made.id, date(2026, 3, 2))]
    assert listed(register, Worklist.TO_BE_FILED) == []

    register.clock.move(days=40)
    assert listed(register, Worklist.OVERDUE) == []
    return_filing(register.session, PROVINCE, made.id, ReturnFiling("缺授权书"), register.clock)
    assert listed(register, Worklist.TO_BE_FILED) == [(made.id, date(2026, 4, 21))]
    register.clock.move(days=11)
    assert listed(register, Worklist.OVERDUE) == [(made.id, date(2026, 4, 21))]
    assert listed(register, Worklist.TO_BE_FILED) == listed(register, Worklist.TO_BE_DECIDED) == []


def test_each_sees_their_own_and_enterprises_nothing_of_exclusions(register, made):
    own = Caller("f", "enterprise", enterprise_id=made.enterprise_id)
    other = Caller("g", "enterprise", enterprise_id=register.firm().id)

    for caller, seen in ((CHANGCHUN, 1), (SIPING, 0), (own, 1), (other, 0)):
        assert len(listed(register, Worklist.TO_BE_FILED, caller)) == seen
    with pytest.raises(NotFound):
        listed(register, Worklist.EXCLUDED, own)
    with pytest.raises(NotFound):
        listed(register, "nothing", PROVINCE)
    names = [count.name for count in queries.counts(register.session, own, register.clock.today())]
    seen = ["to_be_filed", "to_be_decided", "overdue", "vacant", "expiring"]
    assert names == [*seen, "duty_overdue", "hazards_open", "uncertified"]


def test_a_post_is_listed_from_the_first_day_past_the_grace(register, made):
    vacant = register.post(register.firm())
    register.clock.move(days=89)
    assert listed(register, Worklist.VACANT) == []
    register.clock.move(days=1)

    assert listed(register, Worklist.VACANT) == [(vacant.id, date(2026, 5, 31))]


def test_a_certificate_is_listed_in_the_rule_sets_days_before_its_end_and_on_its_last_day(register, made):
    for day, seen in ((date(2028, 10, 10), 0), (date(2028, 10, 11), 1), (date(2029, 1, 9), 1), (date(2029, 1, 10), 0)):
        register.clock.move(days=(day - register.clock.today()).days)
        assert listed(register, Worklist.EXPIRING) == [(made.id, date(2029, 1, 9))] * seen


def test_who_is_excluded_but_in_office_is_listed_and_who_is_in_two_firms(register, made, cipher):
    entry = Exclude(
        person_id=made.person_id, reason="泄露商业秘密", document="示例〔2026〕9号", valid_from=date(2026, 3, 2)
    )
    exclude(register.session, PROVINCE, entry, cipher, register.clock)
    register.session.flush()
    lengths = {count.name: count.entries for count in queries.counts(register.session, PROVINCE, date(2026, 3, 2))}
    assert lengths[Worklist.EXCLUDED] == 1 and listed(register, Worklist.EXCLUDED) == [(made.id, date(2026, 3, 2))]

    elsewhere = register.post(register.firm("220302"))
    register.session.execute(
        text(
            "INSERT INTO appointment SELECT (jsonb_populate_record(a, jsonb_build_object('id', 'a2', 'post_id', "
            "CAST(:post AS text), 'enterprise_id', CAST(:firm AS text), 'division', '220302'))).* FROM appointment a"
        ),
        {"post": elsewhere.id, "firm": elsewhere.enterprise_id},
    )
    assert {item for item, _ in listed(register, Worklist.SEVERAL_FIRMS)} == {made.id, "a2"}
    assert [item for item, _ in listed(register, Worklist.SEVERAL_FIRMS, SIPING)] == ["a2"]


ELSEWHERE = """
INSERT INTO appointment SELECT (jsonb_populate_record(a, jsonb_build_object('id', 'elsewhere', 'post_id',
    CAST(:post AS text), 'enterprise_id', CAST(:firm AS text), 'division', '220302'))).* FROM appointment a
WHERE a.id = :appointment
"""


@contextmanager
def entered(url: str) -> Iterator[Register]:
    """A register on the database of a running service, whose changes are committed."""
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        yield Register(session, FixedClock(datetime.now(UTC)), make_cipher())
    engine.dispose()


def test_each_worklist_over_http_has_what_is_to_be_done_and_nothing_else(running_service, token):
    """All six, in one register with one case of each, so that none has another's."""
    service = running_service("registry", "api")
    seed(service.settings["database_url"])
    with entered(service.settings["database_url"]) as register:
        register.clock.move(days=-100)
        today, past = register.clock.today() + timedelta(days=100), register.clock.today()

        def appointed(on, until=today + timedelta(days=1000)):
            firm = register.firm(registered_on=date(2010, 5, 4))
            holder = register.person(firm)
            register.issue(holder, past, until)
            made = register.appoint(holder, register.post(firm), on)
            register.session.flush()
            return made

        overdue = appointed(past)
        expiring, excluded, twice = appointed(past, today + timedelta(days=60)), appointed(past), appointed(past)
        for made in (expiring, excluded, twice):
            submit_filing(register.session, PROVINCE, made.id, SubmitFiling(), register.clock)
        vacant = register.post(register.firm())
        register.clock.move(days=100)
        to_be_filed = appointed(today)
        entry = Exclude(person_id=excluded.person_id, reason="泄密", document="示例〔2026〕9号", valid_from=today)
        exclude(register.session, PROVINCE, entry, register.cipher, register.clock)
        elsewhere = register.post(register.firm("220302"))
        register.session.flush()
        where = {"post": elsewhere.id, "firm": elsewhere.enterprise_id, "appointment": twice.id}
        register.session.execute(text(ELSEWHERE), where)
        expected = {
            Worklist.TO_BE_FILED: {to_be_filed.id},
            Worklist.OVERDUE: {overdue.id},
            Worklist.VACANT: {vacant.id},
            Worklist.EXPIRING: {expiring.id},
            Worklist.EXCLUDED: {excluded.id},
            Worklist.SEVERAL_FIRMS: {twice.id, "elsewhere"},
        }
        own = token("enterprise", enterprise=overdue.enterprise_id)

    bureau, siping = (Client(service.url, token("division", division=code)) for code in ("220100", "220300"))
    for name, ids in expected.items():
        assert {item["id"] for item in bureau.get(f"/worklists/{name}")["items"]} == ids - {"elsewhere"}, name
        assert {item["id"] for item in siping.get(f"/worklists/{name}")["items"]} == ids & {"elsewhere"}, name
    lengths = {count["name"]: count["entries"] for count in bureau.get("/worklists")["items"]}
    assert all(lengths[name] == 1 for name in expected)
    firm = Client(service.url, own)
    assert {item["id"] for item in firm.get("/worklists/overdue")["items"]} == expected[Worklist.OVERDUE]
    for name in (Worklist.EXCLUDED, Worklist.SEVERAL_FIRMS):
        firm.call("GET", f"/worklists/{name}", 404)
