"""Credentials of a queue: told once to the subscriber itself, kept as a hash, and what makes a subscription live."""

from __future__ import annotations

import base64
import hashlib
from types import SimpleNamespace

import pytest
from notice_world import tree
from sqlalchemy import select
from subscription_world import BUREAU, OFFICE, Giving

from chassis.errors import NotFound
from chassis.security.audit.log import audit_log
from notifications.domain.subscription import NotInThisState, State, Way
from notifications.storage import subscriber_queue
from notifications.usecases import queues, subscriptions
from notifications.usecases.queues import NoBrokerForSubscribers, NoQueue
from notifications.usecases.subscriptions import Reason
from programme.callers import Caller, Role

POLICE = Caller("police-client", Role.SYSTEM, subscriber="police")
SETTINGS = SimpleNamespace(
    subscribers_amqp_url="amqp://notifications:inner@broker:5672/cqo-public",
    subscribers_management_url="http://cqo-subscribers:inner@broker:15672",
    subscribers_broker="amqps://broker.example.cn:5671",
)


@pytest.fixture
def giving(session, clock, personal_data):
    found = Giving(session, clock, personal_data)
    found.tell(*tree())
    return found


def kept(session, found):
    return session.execute(select(subscriber_queue).where(subscriber_queue.c.subscription_id == found.id)).one()


def test_credentials_are_told_once_and_only_a_hash_of_the_password_is_kept(giving, session, clock):
    approved = giving.live(way=Way.AMQP)
    assert approved.state == State.APPROVED

    told = queues.make_credentials(session, BUREAU, approved.id, SETTINGS, clock)

    name = f"ext.{approved.id}"
    assert approved.state == State.LIVE
    assert told.url == f"amqps://{name}:{told.password}@broker.example.cn:5671/cqo-public"
    assert (told.queue, told.user, told.vhost) == (name, name, "cqo-public")
    row = kept(session, approved)
    salted = base64.b64decode(row.password_hash)
    assert hashlib.sha256(salted[:4] + told.password.encode()).digest() == salted[4:], "as RabbitMQ compares it"
    entries = [str(row._mapping) for row in session.execute(select(audit_log))]
    assert any("subscription.credentials_made" in entry for entry in entries)
    assert not any(told.password in entry or row.password_hash in entry for entry in entries)
    shown = queues.queue_of(session, OFFICE, approved.id, SETTINGS)
    assert (shown.broker, shown.queue, shown.published) == ("amqps://broker.example.cn:5671", name, 0)

    again = queues.make_credentials(session, BUREAU, approved.id, SETTINGS, clock)
    assert again.password != told.password and kept(session, approved).password_hash != row.password_hash


def test_without_an_address_of_its_own_a_subscriber_is_told_ours_and_none_of_our_credentials(giving, session, clock):
    approved = giving.live(way=Way.AMQP)
    settings = SimpleNamespace(**{**vars(SETTINGS), "subscribers_broker": None})

    told = queues.make_credentials(session, BUREAU, approved.id, settings, clock)

    assert told.broker == "amqp://broker:5672" and "inner" not in str(told)


def test_a_queue_begins_where_the_way_before_it_ended_and_goes_on_where_it_was(giving, session, clock, world):
    firm = world.firm()
    person = world.person(firm)
    giving.tell(firm, person)
    found = giving.live()
    giving.tell(world.certificate(person))
    giving.change(found, way=Way.AMQP)
    subscriptions.approve(session, OFFICE, found.id, found.version, clock)

    queues.make_credentials(session, BUREAU, found.id, SETTINGS, clock)
    assert kept(session, found).published == 1
    giving.tell(world.certificate(person))
    queues.make_credentials(session, BUREAU, found.id, SETTINGS, clock)
    assert (kept(session, found).published, len(giving.given(found))) == (1, 2)


def test_who_has_no_queue_gets_no_credentials(giving, session, clock):
    by_feed, draft, ours = giving.live(), giving.draft(way=Way.AMQP), giving.live(way=Way.AMQP)
    ended = giving.live(way=Way.AMQP)
    subscriptions.end(session, BUREAU, ended.id, Reason("示例"), clock)

    with pytest.raises(NoQueue):
        queues.make_credentials(session, BUREAU, by_feed.id, SETTINGS, clock)
    for found in (draft, ended):
        with pytest.raises(NotInThisState):
            queues.make_credentials(session, BUREAU, found.id, SETTINGS, clock)
    for act in (queues.make_credentials, queues.queue_of):
        with pytest.raises(NotFound):
            act(session, POLICE, ours.id, SETTINGS, *([clock] if act is queues.make_credentials else []))
    nowhere = SimpleNamespace(**{**vars(SETTINGS), "subscribers_management_url": None})
    with pytest.raises(NoBrokerForSubscribers):
        queues.make_credentials(session, BUREAU, ours.id, nowhere, clock)
