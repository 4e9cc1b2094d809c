"""An enterprise asks for somebody in the pool; only their own yes discloses how they are reached (R23)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from registry_world import CHANGCHUN, PROVINCE, SIPING, Register, make_cipher
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from chassis.due import DueRow
from chassis.errors import InvalidInput, NotFound
from chassis.http import PageArguments
from programme.callers import Caller
from registry.domain.contact import ContactPoints
from registry.domain.contact_request import (
    AskedAlready,
    ContactRequestState,
    NoContactPoint,
    NoLongerOpen,
    NotAgreedTo,
    TooManyOpen,
    YourOwnPerson,
)
from registry.queries import contact_request as queries
from registry.queries.contact_request import ContactRequestFilters
from registry.seed import seed
from registry.usecases import contact_requests, contacts
from registry.usecases.contact_requests import AnswerContactRequest, AskForContact
from testkit import Client

TODAY = date(2026, 3, 2)
POINTS = ContactPoints("13800000001", "li@firm.example")


@pytest.fixture
def asking(register):
    return register.firm()


@pytest.fixture
def member(register):
    """Somebody in the pool, of a firm in another prefecture, with contact points."""
    person = register.person(register.firm("220302"))
    register.issue(person)
    contacts.put_for_person(register.session, PROVINCE, person.id, POINTS, register.cipher, register.clock)
    register.session.flush()
    return person


def of(firm):
    return Caller("clerk", "enterprise", enterprise_id=firm.id)


def themselves(person):
    return Caller("li", "cqo", person_id=person.id)


def ask(register, firm, person):
    asked = contact_requests.ask(
        register.session, of(firm), person.id, AskForContact("拟聘任为首席质量官"), register.clock
    )
    register.session.flush()
    return asked


def answer(register, asked, accept, caller, document=None):
    command = AnswerContactRequest(accept, document)
    return contact_requests.answer(register.session, caller, asked.id, command, register.clock)


def disclosed(register, asked, caller):
    return contact_requests.disclose(register.session, caller, asked.id, register.cipher, register.clock)


def listed(register, caller, **filters):
    page = queries.contact_requests(
        register.session, caller, ContactRequestFilters(**filters), register.clock.today(), PageArguments(50)
    )
    return [row["id"] for row in page.items]


def test_only_the_persons_yes_discloses_the_contact_point_to_who_asked_and_on_record(register, asking, member):
    asked = ask(register, asking, member)
    with pytest.raises(NotAgreedTo):
        disclosed(register, asked, of(asking))
    answer(register, asked, True, themselves(member))
    register.session.flush()
    found = disclosed(register, asked, of(asking))

    assert (found.name, found.phone, found.email) == (member.name, POINTS.phone, POINTS.email)
    register.session.flush()
    actions = text("SELECT action FROM audit_log WHERE subject = :id ORDER BY number")
    assert register.session.scalars(actions, {"id": asked.id}).all() == [
        "contact_request.made",
        "contact_request.answered",
        "contact_request.disclosed",
    ]
    with pytest.raises(NotFound):
        disclosed(register, asked, of(register.firm()))
    [made] = register.announced("contact_request.made")
    assert made["answer_by"] == "2026-03-16" and made["asking_enterprise_name"] == asking.name
    said = text("SELECT data::text FROM outbox WHERE aggregate_type = 'contact_request'")
    for data in register.session.scalars(said):
        # An identifier is random and may hold the first digits of the number.
        without_ids = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4,12}){4}", "", data)
        assert member.name not in data and POINTS.phone[:3] not in without_ids and "拟聘任" not in data
    assert register.gaps() == []


def test_a_yes_is_taken_back_by_a_no_and_then_nothing_is_disclosed(register, asking, member):
    asked = ask(register, asking, member)
    answer(register, asked, True, themselves(member))
    answer(register, asked, False, themselves(member))

    with pytest.raises(NotAgreedTo):
        disclosed(register, asked, of(asking))
    with pytest.raises(NoLongerOpen):
        answer(register, asked, True, themselves(member))
    assert [each["accepted"] for each in register.announced("contact_request.answered")] == [True, False]


def test_the_person_answers_or_their_bureau_by_a_document_and_nobody_else(register, asking, member):
    asked = ask(register, asking, member)
    for stranger in (CHANGCHUN, themselves(register.person(asking))):
        with pytest.raises(NotFound):
            answer(register, asked, True, stranger, "示例答复1号")
    with pytest.raises(InvalidInput):
        answer(register, asked, False, SIPING)
    answer(register, asked, False, SIPING, "示例答复1号")
    assert (asked.state, asked.answer_document) == (ContactRequestState.REFUSED, "示例答复1号")


def test_who_can_not_be_reached_can_not_agree(register, asking):
    person = register.person(register.firm("220302"))
    register.issue(person)
    asked = ask(register, asking, person)
    with pytest.raises(NoContactPoint):
        answer(register, asked, True, themselves(person))


def test_a_request_expires_with_the_rule_sets_days_and_no_answer_comes_after_them(register, asking, member):
    asked = ask(register, asking, member)
    [(due_on, payload)] = register.session.execute(
        text("SELECT due_on, payload FROM due WHERE kind = 'contact_request.expiry'")
    )
    assert due_on == date(2026, 3, 17)
    register.clock.move(days=15)
    with pytest.raises(NoLongerOpen):
        answer(register, asked, True, themselves(member))
    row = DueRow(1, "contact_request.expiry", asked.id, asked.id, due_on, payload)
    contact_requests.expire(register.session, [row], register.clock)
    contact_requests.expire(register.session, [row], register.clock)

    [expired] = register.announced("contact_request.expired")
    assert (expired["answer_by"], asked.state) == ("2026-03-16", ContactRequestState.EXPIRED)
    with pytest.raises(AskedAlready) as again:
        ask(register, asking, member)
    assert again.value.facts == {"again_on": "2026-06-14"}
    register.clock.move(days=89)
    assert ask(register, asking, member).state == ContactRequestState.OPEN


def test_an_answer_ends_the_wait_and_is_given_once(register, asking, member):
    asked = ask(register, asking, member)
    with pytest.raises(AskedAlready):
        ask(register, asking, member)
    answer(register, asked, False, themselves(member))
    assert register.session.scalar(text("SELECT state FROM due WHERE kind = 'contact_request.expiry'")) == "cancelled"
    with pytest.raises(NoLongerOpen):
        answer(register, asked, False, themselves(member))
    with pytest.raises(AskedAlready):
        ask(register, asking, member)


def test_who_is_not_in_the_pool_is_not_there_and_ones_own_people_need_not_be_asked_for(register, asking):
    outside, own = register.person(register.firm("220302")), register.person(asking)
    register.issue(own)
    register.session.flush()
    with pytest.raises(NotFound):
        ask(register, asking, outside)
    with pytest.raises(YourOwnPerson):
        ask(register, asking, own)


def test_the_rule_set_bounds_how_many_of_an_enterprise_may_wait(register, asking):
    register.session.execute(text("UPDATE ruleset SET parameters = parameters || '{\"contact_requests_open\": 2}'"))
    firm = register.firm("220302")
    people = [register.person(firm) for _ in range(3)]
    for person in people:
        register.issue(person)
    register.session.flush()
    first, _ = ask(register, asking, people[0]), ask(register, asking, people[1])
    with pytest.raises(TooManyOpen):
        ask(register, asking, people[2])
    answer(register, first, False, themselves(people[0]))
    register.session.flush()
    assert ask(register, asking, people[2]).state == ContactRequestState.OPEN


def test_who_asks_who_is_asked_and_their_bureaus_see_it(register, asking, member):
    asked = ask(register, asking, member)
    employer = Caller("q", "enterprise", enterprise_id=member.enterprise_id)
    stranger = of(register.firm())

    for caller, seen in (
        (of(asking), True),
        (employer, True),
        (themselves(member), True),
        (CHANGCHUN, True),  # of who asks
        (SIPING, True),  # of who is asked
        (stranger, False),
        (Caller("l", "division", division="220200"), False),
    ):
        assert listed(register, caller) == [asked.id] * seen
    assert listed(register, of(asking), state=ContactRequestState.ACCEPTED) == []


def test_from_the_masked_search_to_the_contact_point_over_http(running_service, token):
    service = running_service("registry", "api")
    seed(service.settings["database_url"])
    engine = create_engine(service.settings["database_url"])
    with Session(engine) as session, session.begin():
        register = Register(session, FixedClock(datetime.now(UTC)), make_cipher())
        asking, other = register.firm(), register.firm("220302")
        member = register.person(other, name="欧阳建国")
        register.issue(member, register.clock.today(), date(2099, 1, 1))
        ids = {"asking": asking.id, "member": member.id}
    engine.dispose()
    firm = Client(service.url, token("enterprise", enterprise=ids["asking"]))
    person = Client(service.url, token("cqo", person=ids["member"]))
    [offered] = firm.get("/pool")["items"]
    assert (offered["person_id"], offered["name"]) == (ids["member"], "欧***")

    asked = firm.post(f"/pool/{ids['member']}/contact-requests", {"purpose": "拟聘任为首席质量官"})
    person.call("PUT", f"/people/{ids['member']}/contact", 200, json={"phone": "13800000001", "email": None})
    [seen] = person.get("/contact-requests")["items"]
    assert (seen["id"], seen["purpose"], seen["enterprise_name"]) == (asked["id"], "拟聘任为首席质量官", "示例企业1")
    path = f"/contact-requests/{asked['id']}"
    firm.call("POST", f"{path}/disclosure", 409)
    firm.call("POST", f"{path}/answer", 403, json={"accept": True})
    person.call("POST", f"{path}/disclosure", 403)
    person.call("POST", f"{path}/answer", 200, json={"accept": True})

    found = firm.call("POST", f"{path}/disclosure", 200)
    assert found == {"person_id": ids["member"], "name": "欧阳建国", "phone": "13800000001", "email": None}
