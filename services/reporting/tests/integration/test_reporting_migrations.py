"""A database of the version before keeps its rows, under the names of this version."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest
from alembic import command

from chassis.process import migrate

OLD_ROWS = """
INSERT INTO enterprise_line VALUES ('e1', 1, '2026-01-01', '示例机械有限公司', '220102', true, false, false);
INSERT INTO appointment_line VALUES ('a1', 1, '2026-01-05', 'e1', 'p1', 'in_force'),
    ('a1', 2, '2026-01-20', 'e1', 'p1', 'suspended');
INSERT INTO course VALUES ('c1', 'initial');
INSERT INTO notice VALUES ('n1', 'certificate_issued', 'inbox', 'sent', '2026-01-10', NULL),
    ('n2', 'certificate_issued', 'email', 'failed', '2026-01-10', '2026-01-10');
INSERT INTO inbox_parked (aggregate, version, type, event, reason, state, parked_at) VALUES
    ('notice:n3', 2, 'notice.sent.v1', '{"data": {"notice_id": "n3", "channel": "inbox", "on": "2026-01-11"}}',
        'its predecessor has not been applied', 'blocked', now()),
    ('enterprise:e2', 2, 'enterprise.changed.v1', '{"data": {"enterprise_id": "e2"}}', 'a bug', 'parked', now());
"""
OLD_NAMES = r"SELECT relname FROM pg_class WHERE relname ~ '(_line(_|$)|course|notice)'"
PARKED = "SELECT event -> 'data' FROM inbox_parked ORDER BY aggregate"

PASSED = """
INSERT INTO delivery_sum VALUES ('certificate_issued', 'email', 'failed', '2026-01-10', '2026-01-10', 3),
    ('certificate_issued', 'email', 'sent', '2026-01-20', '2026-01-10', 2)
"""
DAYS = "SELECT state, since, number FROM delivery_sum WHERE grain = 'day' AND number <> 0 ORDER BY 1, 2"


@pytest.fixture
def old_database(make_database):
    """The URL of a database of the version before, with a few rows in it."""
    url = make_database("reporting")
    command.downgrade(migrate.alembic_config("reporting", url), "0003")
    with psycopg.connect(url) as connection:
        connection.execute(OLD_ROWS)
    return url


def rows(url, statement):
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def test_an_upgrade_keeps_the_rows_under_the_new_names(old_database):
    migrate.upgrade("reporting", old_database)

    assert rows(old_database, "SELECT count(*) FROM enterprise_history") == [(1,)]
    assert rows(old_database, "SELECT version, status FROM appointment_history ORDER BY version") == [
        (1, "active"),
        (2, "suspended"),
    ]
    assert rows(old_database, "SELECT kind FROM training_class") == [("initial",)]
    assert rows(old_database, "SELECT delivery_id, channel, state FROM delivery ORDER BY delivery_id") == [
        ("n1", "in_app", "sent"),
        ("n2", "email", "failed"),
    ]
    (untouched,), (delivery,) = rows(old_database, PARKED)
    assert untouched == {"enterprise_id": "e2"}
    assert (delivery["delivery_id"], delivery["channel"], delivery["on"]) == ("n3", "in_app", "2026-01-11")
    assert migrate.check("reporting", old_database) == []
    assert rows(old_database, OLD_NAMES) == []


def test_a_downgrade_gives_the_version_before_its_rows_back(old_database):
    tables = ("appointment_line", "notice", "course")
    before = [rows(old_database, f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]
    migrate.upgrade("reporting", old_database)
    command.downgrade(migrate.alembic_config("reporting", old_database), "0003")

    assert [rows(old_database, f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables] == before
    assert rows(old_database, PARKED)[1][0]["notice_id"] == "n3"


def test_deliveries_that_have_passed_are_in_the_sums_of_the_version_after(make_database):
    url = make_database("reporting")
    command.downgrade(migrate.alembic_config("reporting", url), "0009")
    with psycopg.connect(url) as connection:
        connection.execute(PASSED)

    migrate.upgrade("reporting", url)

    assert rows(url, DAYS) == [
        ("failed", date(2026, 1, 10), 5),
        ("failed", date(2026, 1, 20), -2),
        ("sent", date(2026, 1, 20), 2),
    ]
    assert rows(url, "SELECT sum(number) FROM delivery_sum WHERE grain = 'year'") == [(5,)]
    command.downgrade(migrate.alembic_config("reporting", url), "0009")
    assert rows(url, 'SELECT state, "on", number FROM delivery_sum ORDER BY 1, 2') == [
        ("failed", date(2026, 1, 10), 5),
        ("failed", date(2026, 1, 20), -2),
        ("sent", date(2026, 1, 20), 2),
    ]
