"""Who sees what in the feed: no more than a role and a division may, and the event by which something left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from registry_world import PROVINCE, Register
from sqlalchemy import text

from chassis.messaging.feed_routes import FeedArguments, FeedPage, read_feed
from chassis.messaging.outbox import heads
from programme.access import ACCESS
from programme.callers import Caller, Role
from registry.seed import seed
from registry.usecases import enterprises
from registry.usecases.enterprises import EnterpriseChanges
from testkit import Client, RunningService

CHANGCHUN, SIPING, TIEXI = "220100", "220300", "220302"
PATHS = ("/events", "/events/digest", "/events/heads?type=person&bucket=0", "/events/missing?after=person:x:1")
READERS = {Role.PROVINCE, Role.DIVISION, Role.TRAINING_CENTRE, Role.SERVICE, Role.AUDITOR}
CLAIMS = {Role.DIVISION: {"division": CHANGCHUN}, Role.ENTERPRISE: {"enterprise": "e"}, Role.CQO: {"person": "p"}}


@pytest.fixture(params=[0, 2, 5000], ids=["not taken in", "taken in two by two", "taken in"])
def read(register: Register, request: pytest.FixtureRequest) -> Callable[..., FeedPage]:
    """`read(caller, division=…)`: a page of the feed, once all that was announced is published, and taken in or not."""

    def read(caller: Caller, **wanted: Any) -> FeedPage:
        register.session.flush()
        register.session.execute(text("UPDATE outbox SET published_at = now(), feed_position = seq"))
        while request.param and heads.digest_more(register.session, limit=request.param):
            pass
        arguments = FeedArguments(limit=500, **wanted)
        return read_feed(register.session, "registry", caller, arguments, register.clock.today(), ACCESS)

    return read


def reader_of(division: str | None) -> Caller:
    return Caller("reader", Role.AUDITOR, division=division)


def names(page: FeedPage) -> set[str]:
    return {item.event["data"]["name"] for item in page.items if item.event["type"].startswith("person.")}


def told(page: FeedPage, subject: str) -> list[tuple[int, bool]]:
    """The sequence of each event about `subject`, and whether it left with that."""
    return [(item.event["sequence"], item.left) for item in page.items if item.event["subject"] == subject]


def test_names_are_given_within_the_division_that_a_token_names(register: Register, read: Callable[..., Any]) -> None:
    here, there = register.person(register.firm()), register.person(register.firm(TIEXI))

    assert names(read(reader_of(CHANGCHUN))) == {here.name}
    assert names(read(reader_of(SIPING))) == {there.name}
    assert names(read(reader_of(None))) == {here.name, there.name}
    assert names(read(Caller("li", Role.DIVISION, division=CHANGCHUN))) == {here.name}
    assert names(read(Caller("feed", Role.SERVICE))) == {here.name, there.name}


def test_contact_points_are_in_nobodys_feed(register: Register, read: Callable[..., Any]) -> None:
    register.person(register.firm(), phone="13800000001")

    for role in READERS:
        page = read(Caller("x", role, division=CHANGCHUN))
        assert page.items and not [item for item in page.items if item.event["type"].startswith("contact.")]


def test_whoever_reads_a_division_learns_what_has_left_it(register: Register, read: Callable[..., Any]) -> None:
    firm = register.firm()
    person = register.person(firm)
    for number, division in enumerate((TIEXI, "220303", "220102"), 1):
        enterprises.change(
            register.session, PROVINCE, firm.id, number, EnterpriseChanges(division=division), register.clock
        )

    old, new, whole = read(reader_of(CHANGCHUN)), read(reader_of(SIPING)), read(reader_of(None))
    for subject in (firm.id, person.id):
        assert told(whole, subject) == [(1, False), (2, False), (3, False), (4, False)]
        # Gone with the second, back with the fourth; what happens elsewhere is not told.
        assert told(old, subject) == [(1, False), (2, True), (4, False)]
        # A move within what the reader sees is none to it.
        assert told(new, subject) == [(2, False), (3, False), (4, True)]
        assert told(read(reader_of(None), division="220302"), subject) == [(2, False), (3, True)]
        assert told(read(reader_of(CHANGCHUN), division=SIPING), subject) == [(2, True), (4, True)]


def test_what_belongs_to_a_firm_leaves_with_its_own_next_event(register: Register, read: Callable[..., Any]) -> None:
    firm = register.firm()
    post = register.post(firm)
    person = register.person(firm)
    register.issue(person)
    appointment = register.appoint(person, post)
    enterprises.change(register.session, PROVINCE, firm.id, 1, EnterpriseChanges(division=TIEXI), register.clock)
    assert told(read(reader_of(CHANGCHUN)), appointment.id) == [(1, False)]
    register.session.expire_all()
    register.revoke(person, f"{person.id}-1", register.clock.today())

    assert told(read(reader_of(CHANGCHUN)), appointment.id) == [(1, False), (2, True)]
    assert told(read(reader_of(SIPING)), appointment.id) == [(2, False)]


def test_the_feed_is_for_those_who_may_know_the_names_in_it(
    running_service: Callable[..., RunningService], token: Callable[..., str]
) -> None:
    service = running_service("registry", process="api")
    seed(service.settings["database_url"])
    answered = {
        (role, path): Client(service.url, token(role, **CLAIMS.get(role, {}))).send("GET", path).status_code
        for role in Role
        for path in PATHS
    }

    assert answered == {(role, path): 200 if role in READERS else 403 for role in Role for path in PATHS}
    # A service's token opens the feeds and nothing else.
    feed = Client(service.url, token(Role.SERVICE))
    assert {feed.send("GET", path).status_code for path in ("/enterprises", "/divisions", "/people", "/audit")} == {403}
