"""The history that the benchmarks load hangs together, and the check that says so can fail."""

from __future__ import annotations

import json
import random
from contextlib import ExitStack
from dataclasses import asdict, fields
from datetime import date, timedelta

import load
import plain_sql
import psycopg
import pytest
from cases import cases
from lists import Drawn, timed
from plans import BOUNDED
from province import checking, days
from province.databases import session_on
from province.retention import NOTICE_DAYS
from running import apis
from samples import Samples
from sqlalchemy import text

from chassis.due import remove_settled
from chassis.messaging.inbox.passing import forget, learn
from chassis.messaging.outbox import keeping
from notifications.config import Settings
from notifications.handlers import replanning
from notifications.usecases import coverage, digests, mail_journal, manifests, passing
from notifications.usecases import keeping as keeping_of_subscriptions
from notifications.usecases.webhooks.passing import forget_log
from programme.callers import Caller
from reporting import queries
from reporting.domain.coverage import Population
from testkit import wait_for

# These hold what waits to be published or for a person, or a row a month; `/ops/state` and the metrics count them.
WAITING = {"outbox_unpublished", "outbox_month", "inbox_parked"}
DAYS = {"notice_days": NOTICE_DAYS, "subscription_days": 30, "webhook_log_days": 7}
SETTINGS = Settings(**{each.name: DAYS.get(each.name, "none") for each in fields(Settings)})


def _faults(history):
    return checking.faults(history, load.bound(), days.LAST)


def test_the_four_databases_agree_and_every_notice_is_proved(history):
    assert _faults(history) == []


@pytest.mark.parametrize(
    ("service", "damage", "said"),
    [
        ("training", "UPDATE inbox_cursor SET version = 7 WHERE aggregate LIKE 'person:%'", "training differs"),
        ("reporting", "UPDATE inbox_applied SET applied = applied - 1 WHERE type = 'notice.sent.v1'", "reporting: "),
        ("notifications", "DELETE FROM delivery WHERE channel = 'in_app'", "the proof of notices does not hold"),
        ("registry", "UPDATE audit_head SET seq = seq + 1", "the audit log breaks"),
        ("registry", "DELETE FROM outbox WHERE type = 'post.opened.v1'", "the feed has"),
    ],
)
def test_a_history_that_does_not_hang_together_is_told(history, service, damage, said):
    with ExitStack() as stack:
        sessions = {name: stack.enter_context(session_on(url)) for name, url in history.items()}
        # The check sees what this session has done, which is undone at its end.
        sessions[service].execute(text(damage))
        found = checking.faults_of(sessions, load.bound(), days.LAST)

    assert any(said in fault for fault in found)


OF_A_DAY = f"FROM notice WHERE due_on = '{days.LAST - days.A_WEEK}' AND recipient_kind = 'person' LIMIT 1"


@pytest.mark.parametrize("weeks", [1, 13, 51])
def test_the_services_own_audit_finds_what_was_due_on_a_day_and_nothing_amiss(history, folder, weeks):
    """But for letters of those who have no address."""
    with session_on(history["notifications"]) as session:
        assert checking.differences(session, days.LAST - weeks * days.A_WEEK, load.secrets_in(folder / "secrets")) == []


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (f"DELETE FROM delivery WHERE notice_id = (SELECT id {OF_A_DAY})", "never_planned"),
        (f"UPDATE notice SET body = body || ' ' WHERE id = (SELECT id {OF_A_DAY})", "text_altered"),
        (f"UPDATE delivery SET answer = '' WHERE notice_id = (SELECT id {OF_A_DAY})", "delivery_altered"),
    ],
)
def test_an_audit_of_a_damaged_history_tells_it(history, folder, damage, said):
    with session_on(history["notifications"]) as session:
        session.execute(text(damage))
        found = checking.differences(session, days.LAST - days.A_WEEK, load.secrets_in(folder / "secrets"))

    assert any(said in fault for fault in found), found


def _removed(history, now):
    """What the jobs of the services' upkeep would remove, by job; undone at the end."""
    begins = now.replace(hour=0) - timedelta(days=NOTICE_DAYS)
    with ExitStack() as stack:
        sessions = {name: stack.enter_context(session_on(url)) for name, url in history.items()}
        notifications, reporting = sessions["notifications"], sessions["reporting"]
        learn(reporting, {"notice": begins})
        return {
            "heads": keeping.forget_heads(notifications, "notice", begins),
            "passing events": keeping.remove_passed(notifications, {"notice": begins}),
            "notices": passing.forget_notices(notifications, now, SETTINGS),
            "matters": passing.forget_matters(notifications, now, SETTINGS),
            "passed digests": digests.forget_digests(notifications, now, SETTINGS),
            "plans": replanning.replan(notifications, now, SETTINGS),
            "mail journal": mail_journal._forget(notifications, now - timedelta(days=NOTICE_DAYS)),
            "passed audits": coverage.forget(notifications, now, SETTINGS),
            "manifests": manifests.make_next(notifications, now, SETTINGS),
            "subscription events": keeping_of_subscriptions.forget_events(notifications, now, SETTINGS),
            "public places": keeping_of_subscriptions.forget_places(notifications, now, SETTINGS),
            "webhook log": forget_log(notifications, now, SETTINGS),
            "notices due": remove_settled(notifications, now),
            "passed cursors": forget(reporting, {}),
            "due rows": remove_settled(sessions["training"], now),
            "superseded events": keeping.remove_superseded(sessions["registry"], ("contact",), now),
        }


def test_the_upkeep_finds_nothing_in_it_that_should_have_gone(history):
    assert {job: number for job, number in _removed(history, days.NOW).items() if number} == {}
    later = _removed(history, days.NOW + timedelta(days=100))

    never = {"superseded events", "plans", "public places"}  # nobody has changed anything
    assert {job for job, number in later.items() if not number} == never


def test_its_figures_are_those_of_plain_sql(history):
    """The same comparison that `./cqo bench figures` makes at size."""
    rng = random.Random(1)
    with psycopg.connect(history["reporting"]) as plain, session_on(history["reporting"]) as session:
        for place, on in ((None, days.LAST), ("220100", days.LAST), ("220184", date(2020, 6, 18)), (None, _day(rng))):
            caller = Caller("w", "division", division=place) if place else Caller("w", "province")
            for population in Population:
                found = queries.coverage(session, caller, on, population).units
                counts = {unit.unit: (unit.enterprises, unit.active, unit.suspended) for unit in found}
                assert counts == plain_sql.coverage(population, place)(plain, on)
        for on in (days.LAST, _day(rng), _day(rng)):
            found = asdict(queries.statistics(session, on))
            del found["on"]
            assert json.loads(json.dumps(found)) == json.loads(json.dumps(plain_sql.statistics(plain, on)))


def _day(rng):
    return days.FIRST + (days.LAST - days.FIRST) * rng.random()


class _Databases:
    def __init__(self, urls):
        self.urls = urls

    def url(self, service):
        return self.urls[service]


def test_every_list_finds_what_it_shows_by_an_index(history, folder):
    """A history so small is rightly read as a whole, so that is forbidden: what is still read so has no index for it.

    Each list, filter, search, proof and page of `./cqo bench lists` is asked once, over HTTP.
    """
    for url in history.values():
        with psycopg.connect(url, autocommit=True) as connection:
            name = connection.info.dbname
            connection.execute(f'ALTER DATABASE "{name}" SET enable_seqscan = off')
    asked, samples = 0, Samples(_Databases(history))
    before = {service: _whole_readings(url) for service, url in history.items()}
    try:
        with apis(_Databases(history), folder) as running:
            for case in cases():
                timed(running, case, Drawn.of(case, samples))
                asked += 1
    finally:
        for url in history.values():
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f'ALTER DATABASE "{connection.info.dbname}" RESET enable_seqscan')
    wait_for(lambda: all(_connections(url) == 0 for url in history.values()), 20)

    assert asked > 150
    for service, url in history.items():
        read = {table for table, number in _whole_readings(url).items() if number > before[service].get(table, 0)}
        assert sorted(read - BOUNDED - WAITING) == [], service


def _whole_readings(url):
    """How often each table was read from end to end. What asks is not counted: it reads none of them."""
    with psycopg.connect(url, autocommit=True) as connection:
        return dict(connection.execute("SELECT relname, seq_scan FROM pg_stat_user_tables").fetchall())


def _connections(url):
    """Those of the services; each has handed in its counts when it is gone."""
    with psycopg.connect(url, autocommit=True) as connection:
        wanted = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name ~ '-api$'"
        )
        return connection.execute(wanted).fetchone()[0]
