"""What subscribers are given: what was granted, in order, once, cut down, and nothing before it is approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from notice_world import COUNTY, ELSEWHERE, PREFECTURE, event, tree
from sqlalchemy import create_engine, func, select
from sqlalchemy import event as listening
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from subscription_world import BUREAU, CERTIFICATES, OFFICE, Giving, types

from chassis.due import DueRow
from chassis.errors import InvalidInput, NotFound
from chassis.messaging import outbox
from chassis.security.audit.log import audit_log
from notifications.domain.granting import LEFT
from notifications.domain.subscription import (
    EndsInThePast,
    NothingToDecide,
    NotInThisState,
    PausedByTheProvince,
    State,
    Way,
)
from notifications.events import NoticeSent
from notifications.handlers.public_events import ForSubscriptions
from notifications.storage import own_feed_place, public_event, public_place
from notifications.usecases import fan_out, subscriptions
from notifications.usecases.subscriptions import Reason
from programme.callers import Caller, Role

POLICE = Caller("police-client", Role.SYSTEM, subscriber="police")


@pytest.fixture
def giving(session, clock, personal_data):
    found = Giving(session, clock, personal_data)
    found.tell(*tree())
    return found


@pytest.fixture
def holder(giving, world):
    firm = world.firm()
    person = world.person(firm)
    giving.tell(firm, person)
    return person


def moved(event, division, **more):
    return replace(event, division=division, **more)


def test_nothing_is_given_before_the_province_has_approved_and_all_from_then_on(giving, world, holder, session, clock):
    drafted = giving.draft()
    giving.tell(world.certificate(holder))
    subscriptions.submit(session, BUREAU, drafted.id, clock)
    giving.tell(world.certificate(holder))
    assert drafted.state == State.SUBMITTED and giving.given(drafted) == []

    subscriptions.approve(session, OFFICE, drafted.id, drafted.version, clock)
    certificate = world.certificate(holder)
    giving.tell(certificate, world.revoked(certificate))

    assert drafted.state == State.LIVE
    given = giving.given(drafted)
    assert types(given) == ["certificate.issued.v1", "certificate.revoked.v1"]
    assert [(event["feedsequence"], event["feedprevious"]) for event in given] == [(1, 0), (2, 1)]


def test_only_the_granted_fields_are_given_and_people_by_a_pseudonym_of_the_subscribers_own(giving, world, holder):
    ours, theirs = giving.live(), giving.live(POLICE)
    certificate = world.certificate(holder)
    giving.tell(certificate, world.revoked(certificate))

    (issued, revoked), (other, _) = giving.given(ours), giving.given(theirs)
    assert sorted(issued["data"]) == sorted(CERTIFICATES["certificate.issued.v1"])
    assert issued["data"]["number"] == certificate.data["number"]
    # One person, one certificate: the same within a subscription, another in the other one, and never the real id.
    assert issued["subject"] == issued["data"]["certificate_id"] == revoked["data"]["certificate_id"]
    for name in ("certificate_id", "person_id"):
        assert len({issued["data"][name], other["data"][name], certificate.data[name]}) == 3
    assert len({issued["id"], other["id"], certificate.id}) == 3
    assert "correlationid" not in issued
    assert certificate.subject not in str(issued) and holder.subject not in str(issued)


def test_an_event_that_comes_five_times_is_given_once(giving, world, holder):
    found = giving.live()
    certificate = world.certificate(holder)
    revoked = world.revoked(certificate)
    for _ in range(5):
        giving.hear(revoked, certificate, certificate)
        giving.hand_out()

    # The first time the revocation came before its predecessor, and was parked.
    given = giving.given(found)
    assert types(given)[0] == "certificate.issued.v1"
    assert len({event["id"] for event in given}) == len(given)


def test_what_leaves_the_division_is_told_as_gone_once_and_what_enters_with_its_event(giving, world):
    events = {"enterprise.changed.v1": ["enterprise_id", "name"], "enterprise.registered.v1": ["enterprise_id"]}
    found = giving.live(events=events, division=PREFECTURE)
    firm = world.firm(COUNTY)
    giving.tell(firm)
    changes = [
        moved(firm, division, sequence=n, type="enterprise.changed.v1")
        for n, division in enumerate((ELSEWHERE, ELSEWHERE, COUNTY), 2)
    ]
    changes = [replace(each, id=f"{firm.id[:-4]}{n:04d}") for n, each in enumerate(changes)]
    giving.tell(*changes)

    given = giving.given(found)
    assert types(given) == ["enterprise.registered.v1", LEFT, "enterprise.changed.v1"]
    gone = given[1]
    assert gone["left"] is True and gone["data"] == {} and "division" not in gone
    assert gone["subject"] == firm.subject, "an enterprise's id is public"
    assert [event["feedsequence"] for event in given] == [1, 2, 3]


def test_what_leaves_by_an_event_of_a_type_that_was_not_granted_is_told_as_gone_too(giving, world):
    found = giving.live(events={"enterprise.registered.v1": ["name"]}, division=PREFECTURE)
    firm = world.firm(COUNTY)
    giving.tell(firm)
    giving.tell(moved(firm, ELSEWHERE, sequence=2, type="enterprise.changed.v1", id=f"{firm.id[:-1]}x"))

    assert types(giving.given(found)) == ["enterprise.registered.v1", LEFT]


def test_events_of_divisions_and_types_that_were_not_granted_are_absent(giving, world, holder):
    found = giving.live(events={"certificate.issued.v1": ["number"]}, division=ELSEWHERE)
    certificate = world.certificate(holder)
    giving.tell(certificate, world.revoked(certificate), world.target(COUNTY), world.firm(COUNTY))

    assert giving.given(found) == []


def test_a_change_that_narrows_holds_at_once_and_one_that_widens_waits_while_the_old_goes_on(
    giving, world, holder, session, clock
):
    found = giving.live()
    giving.change(found, events={"certificate.issued.v1": ["number"]})
    certificate = world.certificate(holder)
    giving.tell(certificate, world.revoked(certificate))
    assert [sorted(event["data"]) for event in giving.given(found)] == [["number"]]

    giving.change(found, events=CERTIFICATES)
    assert found.state == State.LIVE and found.proposed is not None
    giving.tell(world.certificate(holder))
    assert sorted(giving.given(found)[-1]["data"]) == ["number"]

    subscriptions.approve(session, OFFICE, found.id, found.version, clock)
    giving.tell(world.certificate(holder))
    assert found.proposed is None
    assert "person_id" in giving.given(found)[-1]["data"]


@pytest.mark.parametrize(
    "changes",
    [
        {"events": {**CERTIFICATES, "certificate.expired.v1": []}},
        {"ends_on": date(2030, 1, 1)},
        {"division": None},
        {"division": ELSEWHERE},
        {"purpose": "其他用途"},
        {"way": Way.AMQP},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_widens_needs_an_approval_again(giving, changes):
    found = giving.live(division=COUNTY)

    giving.change(found, **changes)

    assert found.proposed is not None and found.terms.division == COUNTY


@pytest.mark.parametrize("changes", [{"ends_on": date(2026, 6, 1)}, {"division": COUNTY}, {"name": "其他名称"}])
def test_what_narrows_needs_none(giving, changes):
    found = giving.live(division=PREFECTURE)

    giving.change(found, **changes)

    assert found.proposed is None
    assert all(getattr(found, name) == value for name, value in changes.items())


def test_a_paused_subscription_loses_nothing_and_an_ended_one_gets_nothing_more(giving, world, holder, session, clock):
    found = giving.live()
    subscriptions.pause(session, BUREAU, found.id, Reason("维护"), clock)
    giving.tell(world.certificate(holder))
    subscriptions.resume(session, BUREAU, found.id, clock)
    giving.tell(world.certificate(holder))
    assert [event["feedsequence"] for event in giving.given(found)] == [1, 2]

    subscriptions.end(session, BUREAU, found.id, Reason("不再需要"), clock)
    giving.tell(world.certificate(holder))
    assert len(giving.given(found)) == 2
    assert found.pseudonym_key == ""
    with pytest.raises(NotInThisState):
        subscriptions.end(session, BUREAU, found.id, Reason("再次"), clock)


def test_what_the_province_has_paused_the_subscriber_cannot_resume(giving, session, clock):
    found = giving.live()
    subscriptions.pause(session, OFFICE, found.id, Reason("超出用途"), clock)

    with pytest.raises(PausedByTheProvince):
        subscriptions.resume(session, BUREAU, found.id, clock)
    subscriptions.resume(session, OFFICE, found.id, clock)
    assert found.state == State.LIVE


def test_its_last_day_ends_it_and_the_day_after_nothing_is_given_even_if_nobody_has_swept(
    giving, world, holder, session, clock
):
    found = giving.live(ends_on=date(2026, 3, 3))
    clock.move(days=2)
    giving.tell(world.certificate(holder))
    assert giving.given(found) == []

    row = DueRow(1, subscriptions.OVER, "s", found.id, found.ends_on + timedelta(days=1), {})
    subscriptions.end_those_over(session, [row], clock)
    assert found.state == State.ENDED


def test_a_refused_draft_is_a_draft_again_and_a_refused_change_leaves_what_holds(giving, session, clock):
    drafted = giving.draft()
    subscriptions.submit(session, BUREAU, drafted.id, clock)
    subscriptions.refuse(session, OFFICE, drafted.id, Reason("目的不明确"), clock)
    assert (drafted.state, drafted.reason) == (State.DRAFT, "目的不明确")

    found = giving.live()
    giving.change(found, division=None, purpose="其他")
    subscriptions.refuse(session, OFFICE, found.id, Reason("不同意"), clock)
    assert found.state == State.LIVE and found.proposed is None and found.purpose == "核验任职资格"
    with pytest.raises(NothingToDecide):
        subscriptions.approve(session, OFFICE, found.id, found.version, clock)


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"events": {"contact.changed.v1": ["jwe"]}}, "/events/contact.changed.v1"),
        ({"events": {"registry_audit.sealed.v1": ["seal"]}}, "/events/registry_audit.sealed.v1"),
        ({"events": {"certificate.*": []}}, "/events/certificate.*"),
        ({"events": {"certificate.issued.v1": ["salary"]}}, "/events/certificate.issued.v1"),
        ({"division": "999999"}, "/division"),
        ({"ends_on": date(2026, 3, 1)}, "/ends_on"),
        ({"target": {"url": "https://x.example"}}, "/target"),
        ({"way": Way.WEBHOOK}, "/target"),
        ({"subscriber": "police"}, "/subscriber"),
    ],
    ids=str,
)
def test_what_cannot_be_granted_is_refused_with_its_place(giving, given, pointer):
    with pytest.raises(InvalidInput) as refused:
        giving.draft(**given)

    assert [error["pointer"] for error in refused.value.facts["errors"]] == [pointer]


def test_another_subscribers_subscription_is_not_there(giving, session, clock):
    found = giving.live()

    for act in (
        lambda: subscriptions.submit(session, POLICE, found.id, clock),
        lambda: subscriptions.pause(session, POLICE, found.id, Reason("x"), clock),
        lambda: subscriptions.end(session, POLICE, found.id, Reason("x"), clock),
        lambda: giving.change(found, by=POLICE, name="x"),
    ):
        with pytest.raises(NotFound):
            act()


def test_every_change_is_in_the_audit_log(giving, session, clock):
    found = giving.live()
    giving.change(found, purpose="其他")
    subscriptions.pause(session, OFFICE, found.id, Reason("x"), clock)
    subscriptions.end(session, OFFICE, found.id, Reason("x"), clock)
    session.flush()

    entries = select(audit_log.c.action).where(audit_log.c.subject == found.id).order_by(audit_log.c.number)
    done = [action.removeprefix("subscription.") for action in session.scalars(entries)]
    assert done == ["entered", "submitted", "approved", "changed", "paused", "ended"]


def test_a_subscription_is_not_approved_once_it_is_over(giving, session, clock):
    found = giving.draft(ends_on=date(2026, 3, 2))
    subscriptions.submit(session, BUREAU, found.id, clock)
    clock.move(days=1)

    with pytest.raises(EndsInThePast):
        subscriptions.approve(session, OFFICE, found.id, found.version, clock)


class Delivery:
    """A delivery whose end is announced."""

    def __init__(self, delivery_id):
        self.id, self.version, self.division = delivery_id, 0, COUNTY


def test_this_services_own_events_are_given_too(giving, holder, session, clock):
    def announce(number):
        sent = NoticeSent(f"d{number}", "n", "k", "email", "person", holder.subject, "c", clock.today())
        outbox.add(session, Delivery(f"d{number}"), sent, clock)
        session.flush()
        publish = outbox.outbox.update().where(outbox.outbox.c.aggregate_id == f"d{number}")
        session.execute(publish.values(published_at=clock.now(), feed_position=number))

    announce(1)
    found = giving.live(events={"notice.sent.v1": ["recipient_kind", "recipient_id", "channel"]})
    announce(2)
    giving.hand_out()
    giving.hand_out()

    (sent,) = giving.given(found)
    assert sent["data"]["channel"] == "email" and sent["data"]["recipient_id"] != holder.subject
    subscriptions.end(session, BUREAU, found.id, Reason("x"), clock)
    giving.hand_out()
    assert session.scalar(select(func.count()).select_from(own_feed_place)) == 0


@pytest.fixture
def sent(session):
    """The statements that are sent."""
    found = []

    def note(*args):
        found.append(args[2])

    listening.listen(session.get_bind(), "before_cursor_execute", note)
    yield found
    listening.remove(session.get_bind(), "before_cursor_execute", note)


def test_the_inbox_sends_no_statement_more_when_nobody_subscribes_and_one_when_somebody_does(
    giving, world, holder, sent
):
    giving.hear(world.certificate(holder))
    before = len(sent)
    assert giving.session.scalar(select(func.count()).select_from(public_event)) == 0

    giving.live()
    giving.session.flush()
    sent.clear()
    giving.hear(world.certificate(holder))
    assert len(sent) == before + 1
    assert any("INSERT INTO public_event" in statement for statement in sent)


def test_a_batch_is_handed_out_by_the_same_few_statements_however_many_there_are(giving, world, holder, sent):
    subscribed = [giving.live(Caller("c", Role.SYSTEM, subscriber=f"s{n}"), division=COUNTY) for n in range(5)]

    def count(number):
        giving.hear(*[world.certificate(holder) for _ in range(number)])
        sent.clear()
        fan_out.hand_out(giving.session, giving.personal_data, giving.clock)
        return len(sent)

    assert count(1) == count(40) == 10
    assert all(len(giving.given(each)) == 41 for each in subscribed)
    assert giving.session.scalar(select(func.count()).select_from(public_event)) == 0
    assert giving.session.scalar(select(func.count()).select_from(public_place)) == 41


def test_what_commits_late_is_handed_out_late_and_not_passed_over(make_database, clock, personal_data):
    engine = create_engine(make_url(make_database("notifications")).set(drivername="postgresql+psycopg"))
    with Session(engine) as first, Session(engine) as second, Session(engine) as reader:
        giving = Giving(reader, clock, personal_data)
        found = giving.live(events={"target.set.v1": ["year"]})
        reader.commit()
        late, early = (event("target.set.v1", f"t{number}", {"year": number}) for number in (1, 2))
        ForSubscriptions().hear(first, [late])  # its position is the lower one
        ForSubscriptions().hear(second, [early])
        second.commit()
        giving.hand_out()
        reader.commit()
        first.commit()
        giving.hand_out()

        assert [given["data"]["year"] for given in giving.given(found)] == [2, 1]
    engine.dispose()
