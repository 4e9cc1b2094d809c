"""What a migration does to the rows of the version before."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from chassis.process import migrate

NOTICE = "0198f2a0-0000-7000-8000-000000000900"
SHOWN, MAILED = "0198f2a0-0000-7000-8000-000000000901", "0198f2a0-0000-7000-8000-000000000902"
OLD_ROWS = f"""
UPDATE ruleset SET parameters = parameters || '{{"channels_by_kind": {{"target_set": ["email", "inbox"]}}}}';
INSERT INTO cause (id, type, subject, occurred_at, received_at, data, ruleset)
VALUES ('e', 'certificate.issued.v1', 'c', now(), now(), '{{}}', 1);
INSERT INTO notice (id, cause_id, kind, recipient_kind, recipient_id, subject, body, created_at)
VALUES ('{NOTICE}', 'e', 'certificate_issued', 'person', 'p', 's', 'b', now());
INSERT INTO delivery (id, notice_id, channel, state, version, attempts, maybe_repeated)
VALUES ('{SHOWN}', '{NOTICE}', 'inbox', 'sent', 1, 0, 0), ('{MAILED}', '{NOTICE}', 'email', 'failed', 1, 1, 0);
INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, data, occurred_at, published_at)
VALUES
    (gen_random_uuid(), 'notice', '{SHOWN}', 1, 'notice.sent.v1',
     '{{"notice_id": "{SHOWN}", "channel": "inbox", "kind": "certificate_issued"}}', now(), now()),
    (gen_random_uuid(), 'notice', '{MAILED}', 1, 'notice.failed.v1',
     '{{"notice_id": "{MAILED}", "channel": "email", "kind": "certificate_issued", "reason": "550"}}', now(), NULL);
"""


@pytest.fixture
def database(make_database):
    """A database of revision 0003 with rows in it: its engine, what upgrades it, and what takes that back."""
    url = make_database("notifications")
    settings = migrate.alembic_config("notifications", url)
    command.downgrade(settings, "0003")
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.exec_driver_sql(OLD_ROWS)
    yield engine, lambda: migrate.upgrade("notifications", url), lambda: command.downgrade(settings, "0003")
    engine.dispose()


def rows(engine, statement):
    with engine.connect() as connection:
        return connection.execute(text(statement)).scalars().all()


def everything(engine):
    return [
        rows(engine, "SELECT parameters FROM ruleset"),
        rows(engine, "SELECT channel FROM delivery ORDER BY id"),
        rows(engine, "SELECT data FROM outbox ORDER BY seq"),
    ]


def test_the_channel_inbox_becomes_in_app_and_the_events_name_their_delivery(database):
    engine, upgrade, _ = database

    assert upgrade().startswith("0003 → ")

    parameters, channels, events = everything(engine)
    assert parameters[0]["channels"] == ["in_app", "email"]
    assert parameters[0]["channels_by_kind"] == {"target_set": ["email", "in_app"]}
    assert parameters[0]["address_wait_days"] == 30
    assert channels == ["in_app", "email"]
    assert events == [
        {"delivery_id": SHOWN, "notice_id": NOTICE, "channel": "in_app", "kind": "certificate_issued"},
        {
            "delivery_id": MAILED,
            "notice_id": NOTICE,
            "channel": "email",
            "kind": "certificate_issued",
            "reason": "550",
        },
    ]


def test_it_can_be_taken_back(database):
    engine, upgrade, downgrade = database
    before = everything(engine)

    upgrade()
    downgrade()

    assert everything(engine) == before


def test_a_rule_set_without_kinds_of_its_own_keeps_none(make_database):
    engine = create_engine(make_url(make_database("notifications")).set(drivername="postgresql+psycopg"))

    assert rows(engine, "SELECT parameters -> 'channels_by_kind' FROM ruleset") == [{}]
    engine.dispose()
