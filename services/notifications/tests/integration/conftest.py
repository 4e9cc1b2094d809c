"""Fixtures of the notifications service's integration tests."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace

import pytest
from joserfc.jwk import ECKey
from notice_world import World, mail_server, tree
from receivers import Receiver
from sending_world import SendingWorld
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from webhook_world import Webhooks

from chassis.due import table
from chassis.messaging.inbox.applying import handlers_of
from chassis.security.cipher import Cipher
from notifications.adapters import seals
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.handlers import planning, sending
from notifications.worker import Worker


@pytest.fixture(scope="session")
def contact_key(service_secrets):
    return ECKey.import_key(json.loads(service_secrets["contact_private_key"]))


@pytest.fixture(scope="session", autouse=True)
def notices_are_sealed(service_secrets):
    """As a process that starts does."""
    seals.use(seals.Seals(service_secrets["notice_key"]))


@pytest.fixture
def world(contact_key):
    return World(contact_key)


@pytest.fixture(scope="session")
def personal_data(contact_key):
    key = base64.b64encode(bytes(range(32))).decode()
    return PersonalDataCipher(Cipher(key, key), contact_key)


@pytest.fixture
def database(make_database):
    """A database whose changes are committed, for what has connections of its own."""
    url = make_database("notifications")
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    yield SimpleNamespace(url=url, engine=engine)
    engine.dispose()


@pytest.fixture
def sending_world(database, clock, personal_data):
    made = SendingWorld(database.url, database.engine, clock, personal_data)
    yield made
    for sender in made.senders:
        sender.end()


@pytest.fixture
def webhooks(database):
    made = Webhooks(database)
    yield made
    made.end()


@pytest.fixture
def receiver():
    """`receiver(answer)`: an end point."""
    made = []

    def make(*arguments, **options):
        made.append(Receiver(*arguments, **options))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def mail():
    with mail_server() as server:
        yield server


@pytest.fixture
def tell(session, clock, personal_data):
    """Hands events to the worker's own handlers, loaded by its own schemas, without a broker."""
    worker = Worker()
    worker.clock, worker.personal_data = clock, personal_data
    handlers = handlers_of(worker)

    def apply(*events):
        for event in events:
            handlers[event.type](session, [event])
            session.flush()

    apply(*tree())
    return apply


@pytest.fixture
def sweep(session, clock):
    """Has what is due sent, as the worker's sweep does; returns how many rows were handed over."""

    def handle() -> int:
        session.flush()
        number = 0
        for kind in (planning.DUE, planning.ESCALATED):
            rows, superseded = table.take(session, kind, clock.today(), 500)
            sending.send(session, rows, clock)
            table.settle(session, [row.id for row in rows], "done", clock.now())
            table.settle(session, superseded, "superseded", clock.now())
            number += len(rows)
        return number

    return handle
