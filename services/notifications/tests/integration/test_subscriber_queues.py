"""Subscriptions that are received by AMQP, on a real broker with its HTTP API, read with pika as subscribers do."""

from __future__ import annotations

import json
import secrets
from types import SimpleNamespace

import pika
import psycopg
import pytest
from cloudevents.core.formats.json import JSONFormat
from pika.exceptions import (
    ChannelClosedByBroker,
    ConnectionClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)
from prometheus_client import REGISTRY

from chassis import broker, fetching
from chassis.data import connect
from chassis.intervals import Interval
from chassis.stopping import StopSignal
from notifications.adapters.amqp.filler import LEADER, QueueFiller, up_to_the_first_that_failed
from notifications.adapters.amqp.management import Management, ManagementFailed, name_of
from notifications.adapters.amqp.provisioning import Changes, new_password, reconcile

VHOST = "cqo-public"
ADMINISTRATOR = "cqo-subscribers"
QUEUE_MESSAGES = 50
SUBSCRIPTION = (
    "INSERT INTO subscription (id, version, name, subscriber, contact_email, legal_basis, purpose, ends_on, types, "
    "fields, way, target, pseudonym_key, state, entered_by, entered_at) VALUES (%s, 1, '示例', %s, '', '', '', "
    "'2099-12-31', '{}', '{}', %s, '{}', '', 'live', '', now())"
)
EVENTS = (
    "INSERT INTO subscription_event (subscription_id, sequence, previous_sequence, event_id, source, type, subject, "
    'partitionkey, occurred_at, body, "left", created_at) '
    "SELECT %(id)s, n, n - 1, 'event-' || n, '/training', 'certificate.issued.v1', 'c1', 'certificate:c1', now(), "
    "replace(replace(%(body)s, '\"NUMBER\"', n::text), '\"PREVIOUS\"', (n - 1)::text), false, now() "
    "FROM generate_series(%(first)s::int, %(last)s::int) AS n"
)
BODY = json.dumps(
    {
        "specversion": "1.0",
        "id": "event",
        "source": "/training",
        "type": "certificate.issued.v1",
        "subject": "c1",
        "time": "2026-03-02T01:00:00Z",
        "datacontenttype": "application/json",
        "feedsequence": "NUMBER",
        "feedprevious": "PREVIOUS",
        "data": {"number": "CQO-JL-2026-220100-000012", "name": "示例李明"},
    },
    ensure_ascii=False,
)


class World:
    """One database of notifications, a filler on it, and the broker."""

    def __init__(self, database_url, server) -> None:
        self.server, self.url = server, database_url
        self.database = psycopg.connect(database_url, autocommit=True)
        self.management = Management(server.management_url_of(ADMINISTRATOR), VHOST)
        self.filler = self.new_filler()
        self.connection = connect(database_url, "test")
        self.passwords = {}

    def new_filler(self) -> QueueFiller:
        filler = QueueFiller()
        filler.settings = SimpleNamespace(
            service="notifications",
            database_url=self.url,
            subscribers_amqp_url=self.server.url_of("notifications", VHOST),
            subscribers_management_url=self.server.management_url_of(ADMINISTRATOR),
            subscribers_queue_messages=QUEUE_MESSAGES,
            subscribers_queue_bytes=10_000_000,
        )
        filler.stop_signal, filler.publisher, filler.provisioned = StopSignal(), None, None
        filler.reconciled_at = 0.0
        filler.reporting = Interval(1)
        return filler

    def subscribe(self, way="amqp", events=0) -> str:
        identity = secrets.token_hex(8)
        self.database.execute(SUBSCRIPTION, (identity, identity, way))
        password = new_password()
        self.passwords[identity] = password.text
        self.database.execute(
            "INSERT INTO subscriber_queue (subscription_id, password_hash) VALUES (%s, %s)", (identity, password.hash)
        )
        self.add(identity, 1, events)
        return identity

    def add(self, identity, first, last) -> None:
        self.database.execute(EVENTS, {"id": identity, "first": first, "last": last, "body": BODY})
        self.database.execute("UPDATE subscription SET next_sequence = %s WHERE id = %s", (last + 1, identity))

    def set_state(self, identity, state) -> None:
        self.database.execute("UPDATE subscription SET state = %s WHERE id = %s", (state, identity))

    def turn(self) -> int:
        """One turn of the filler: what it published."""
        url = self.filler.settings.subscribers_amqp_url
        self.filler.provision(self.connection, url)
        return self.filler.fill(self.connection, url)

    def published(self, identity) -> int:
        query = "SELECT published FROM subscriber_queue WHERE subscription_id = %s"
        return self.database.execute(query, (identity,)).fetchone()[0]

    def connect(self, identity, password=None):
        """As the subscriber does."""
        credentials = pika.PlainCredentials(name_of(identity), password or self.passwords[identity])
        parameters = pika.ConnectionParameters("127.0.0.1", self.server.port, VHOST, credentials)
        return pika.BlockingConnection(parameters)

    def read(self, identity) -> list:
        """All that waits in the subscriber's queue, acknowledged: (properties, body)."""
        found = []
        with self.connect(identity) as connection:
            channel = connection.channel()
            while True:
                method, properties, body = channel.basic_get(name_of(identity))
                if method is None:
                    return found
                channel.basic_ack(method.delivery_tag)
                found.append((properties, body))

    def sequences(self, identity) -> list[int]:
        return [json.loads(body)["feedsequence"] for _, body in self.read(identity)]

    def close(self) -> None:
        self.filler.drop_publisher()
        reconcile(self.management, {})
        self.connection.close()
        self.database.close()


@pytest.fixture
def world(make_database, managed_rabbitmq):
    world = World(make_database("notifications"), managed_rabbitmq)
    yield world
    world.close()


def test_a_subscriber_reads_its_deliveries_in_order_each_with_its_number(world):
    one, other = world.subscribe(events=12), world.subscribe(events=3)
    world.subscribe("feed", 2)

    assert world.turn() == 15
    assert world.turn() == 0
    assert world.sequences(other) == [1, 2, 3]
    found = world.read(one)
    assert [json.loads(body)["feedsequence"] for _, body in found] == list(range(1, 13))
    properties, body = found[4]
    assert body.decode() == BODY.replace('"NUMBER"', "5").replace('"PREVIOUS"', "4")
    assert (properties.message_id, properties.type) == ("event-5", "certificate.issued.v1")
    assert (properties.content_type, properties.delivery_mode) == ("application/cloudevents+json", 2)
    event = JSONFormat().read(None, body)
    assert (event.get_type(), event.get_extension("feedprevious")) == ("certificate.issued.v1", 4)
    assert event.get_data()["name"] == "示例李明"
    assert (world.published(one), world.published(other)) == (12, 3)


def test_another_subscribers_queue_is_refused_and_so_is_all_but_to_read_ones_own(world):
    own, other = world.subscribe(events=1), world.subscribe(events=1)
    world.turn()
    quorum = {"x-queue-type": "quorum"}

    def publish(exchange, key):
        def act(channel):
            channel.confirm_delivery()
            channel.basic_publish(exchange, key, b"forged")

        return act

    mine, theirs = name_of(own), name_of(other)
    forbidden = {
        "get another's": lambda channel: channel.basic_get(theirs),
        "consume another's": lambda channel: channel.basic_consume(theirs, print),
        "purge another's": lambda channel: channel.queue_purge(theirs),
        "delete another's": lambda channel: channel.queue_delete(theirs),
        "declare another's": lambda channel: channel.queue_declare(theirs, durable=True, arguments=quorum),
        "bind another's": lambda channel: channel.queue_bind(theirs, "amq.topic", "#"),
        "bind its own": lambda channel: channel.queue_bind(mine, "amq.topic", "#"),
        "unbind its own": lambda channel: channel.queue_unbind(mine, "amq.topic", "#"),
        "delete its own": lambda channel: channel.queue_delete(mine),
        "declare its own": lambda channel: channel.queue_declare(mine, durable=True, arguments=quorum),
        "declare a queue": lambda channel: channel.queue_declare("ext.third"),
        "declare a private queue": lambda channel: channel.queue_declare("", exclusive=True),
        "declare an exchange": lambda channel: channel.exchange_declare("ext.exchange"),
        "delete an exchange": lambda channel: channel.exchange_delete("amq.topic"),
        "publish to its own": publish("", mine),
        "publish to another's": publish("", theirs),
        "publish to a topic": publish("amq.topic", "certificate.issued.v1"),
        "bind exchanges": lambda channel: channel.exchange_bind("amq.fanout", "amq.topic"),
    }
    allowed = []
    with world.connect(own) as connection:
        for what, act in forbidden.items():
            channel = connection.channel()
            try:
                act(channel)
            except ChannelClosedByBroker as refused:
                if refused.reply_code == 403:
                    continue
                allowed.append(f"{what}: {refused}")
            else:
                allowed.append(what)
    assert allowed == []
    assert world.sequences(own) == [1]
    with pytest.raises(ProbableAccessDeniedError):
        credentials = pika.PlainCredentials(name_of(own), world.passwords[own])
        pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", world.server.port, "/", credentials))


def test_the_services_user_fills_queues_there_and_reads_none(world):
    own = world.subscribe(events=1)
    world.turn()
    connection = broker.connect(world.server.url_of("notifications", VHOST), "test")
    for act in (
        lambda channel: channel.basic_get(name_of(own)),
        lambda channel: channel.queue_delete(name_of(own)),
        lambda channel: channel.exchange_declare("x", "topic"),
    ):
        with pytest.raises(broker.LOST, match="403"):
            act(connection.channel())
    broker.close(connection)


def test_a_queue_that_is_full_drops_its_oldest_and_the_reader_sees_what_is_missing(world):
    own = world.subscribe(events=80)

    assert world.turn() == 80

    found = world.read(own)
    assert [json.loads(body)["feedsequence"] for _, body in found] == list(range(31, 81))
    assert json.loads(found[0][1])["feedprevious"] == 30, "and it has none of these"


def test_what_dies_between_confirm_and_mark_is_published_again_with_the_same_ids(world):
    own = world.subscribe(events=5)
    world.turn()
    world.database.execute("UPDATE subscriber_queue SET published = 3")  # as it was before the mark
    world.filler.drop_publisher()
    world.filler = world.new_filler()

    assert world.turn() == 2
    found = world.read(own)
    assert [json.loads(body)["feedsequence"] for _, body in found] == [1, 2, 3, 4, 5, 4, 5]
    ids = [properties.message_id for properties, _ in found]
    assert ids[3:5] == ids[5:]


def test_a_paused_one_keeps_its_queue_and_gets_nothing_and_an_ended_one_has_neither_queue_nor_user(world):
    own = world.subscribe(events=2)
    world.turn()
    world.set_state(own, "paused")
    world.add(own, 3, 4)
    assert world.turn() == 0
    assert world.sequences(own) == [1, 2]
    world.set_state(own, "live")
    assert world.turn() == 2

    connection = world.connect(own)
    world.set_state(own, "ended")
    world.turn()

    with pytest.raises(ConnectionClosedByBroker):
        while True:
            connection.process_data_events(time_limit=1)
    assert (world.management.queues(), world.management.users()) == (set(), {})
    with pytest.raises(ProbableAuthenticationError):
        world.connect(own)


def test_a_new_password_holds_at_once_and_ends_the_connections_of_the_old_one(world):
    own = world.subscribe(events=2)
    world.turn()
    connection = world.connect(own)
    channel = connection.channel()
    channel.basic_get(name_of(own))  # in hand, and never acknowledged
    renewed = new_password()
    world.database.execute("UPDATE subscriber_queue SET password_hash = %s", (renewed.hash,))
    world.turn()

    with pytest.raises(ConnectionClosedByBroker):
        while True:
            connection.process_data_events(time_limit=1)
    with pytest.raises(ProbableAuthenticationError):
        world.connect(own)
    world.passwords[own] = renewed.text
    assert sorted(world.sequences(own)) == [1, 2]


def test_what_somebody_else_changed_at_the_broker_is_put_right_and_a_second_run_changes_nothing(world):
    one, other = world.subscribe(events=1), world.subscribe(events=1)
    world.turn()
    wanted = dict(world.filler.provisioned)
    assert reconcile(world.management, wanted) == Changes(0, 0)
    world.management.delete_queue(name_of(one))
    world.management.put_queue("ext.nobodys")
    world.management.put_user("ext.nobodys", new_password().hash)
    address = f"{world.management.root}/permissions/{VHOST}/{name_of(other)}"
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    fetching.ask(address, 10, method="PUT", body=everything, authorization=world.management.authorization)

    assert reconcile(world.management, wanted) == Changes(made=1, removed=2)
    assert world.management.queues() == {name_of(one), name_of(other)}
    assert world.management.permissions()[name_of(other)] == ("^$", "^$", rf"^ext\.{other}$")
    assert reconcile(world.management, wanted) == Changes(0, 0)


def test_a_queue_that_is_gone_holds_up_its_own_subscription_only_and_is_made_again(world):
    one, other = world.subscribe(), world.subscribe()
    world.turn()
    world.management.delete_queue(name_of(one))
    world.add(one, 1, 3)
    world.add(other, 1, 3)

    with pytest.raises(ConnectionError, match=name_of(one)):
        world.turn()
    assert (world.published(one), world.published(other)) == (0, 3)
    assert world.turn() == 3
    assert world.sequences(one) == world.sequences(other) == [1, 2, 3]


def test_one_with_a_backlog_leaves_room_for_the_others(world):
    """The room of a batch is shared; a backlog takes more batches, not the turns of others."""
    behind = world.subscribe(events=1500)
    fresh = [world.subscribe(events=1) for _ in range(2)]

    assert world.turn() == 333 + 2
    assert [world.sequences(each) for each in fresh] == [[1], [1]]
    while world.turn():
        pass
    assert world.published(behind) == 1500


def test_a_turn_asks_the_database_three_things_however_many_subscriptions_there_are(world):
    for number in range(20):
        world.subscribe(events=number)
    world.turn()
    statements = []

    class Counting:
        def execute(self, statement, *parameters):
            statements.append(statement.split()[0])
            return world.connection.execute(statement, *parameters)

    world.database.execute("UPDATE subscriber_queue SET published = 0")
    url = world.filler.settings.subscribers_amqp_url
    world.filler.provision(Counting(), url)

    assert world.filler.fill(Counting(), url) == sum(range(20))
    assert statements == ["SELECT", "SELECT", "UPDATE"]


def test_what_the_queues_do_not_hold_yet_is_counted(world):
    ahead, behind = world.subscribe(events=5), world.subscribe(events=30)
    world.turn()
    world.add(behind, 31, 40)
    world.database.execute("UPDATE subscription_event SET created_at = now() - interval '90 s' WHERE sequence = 31")

    world.filler.report(world.connection)

    labels = {"service": "notifications"}
    assert REGISTRY.get_sample_value("cqo_subscriber_queues_waiting", labels) == 10
    assert 90 <= REGISTRY.get_sample_value("cqo_subscriber_queues_oldest_waiting_seconds", labels) < 900
    assert world.published(ahead) == 5


def test_a_second_worker_stands_by(world):
    leader = connect(world.url, "test")
    assert leader.execute(LEADER).fetchone()[0]
    world.subscribe(events=1)
    world.filler.stop_signal.give()

    world.filler.work()

    assert world.filler.publisher is None
    leader.close()


def test_what_failed_first_ends_what_is_marked_of_its_subscription():
    rows = [SimpleNamespace(subscription=name, sequence=number) for name in "ab" for number in (1, 2, 3)]

    assert up_to_the_first_that_failed(rows, frozenset()) == {"a": 3, "b": 3}
    assert up_to_the_first_that_failed(rows, frozenset({1})) == {"a": 1, "b": 3}
    assert up_to_the_first_that_failed(rows, frozenset({0, 5})) == {"b": 2}


def test_a_refusal_of_the_brokers_http_api_says_what_was_asked_and_not_the_password(world):
    wrong = Management(world.server.management_url_of(ADMINISTRATOR).replace("@", "wrong@"), VHOST)

    with pytest.raises(ManagementFailed, match="GET queues/cqo-public") as told:
        wrong.queues()
    assert "Login failed" in str(told.value) and "wrong" not in str(told.value)
    with pytest.raises(ManagementFailed, match="Connection refused"):
        Management("http://a:b@127.0.0.1:9", VHOST).queues()
