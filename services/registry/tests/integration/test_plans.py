"""A page of a list costs what it shows, and not what there is."""

from __future__ import annotations

import os
from datetime import date

from registry_world import CHANGCHUN, PROVINCE, Register
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.http import PageArguments
from chassis.messaging.feed_routes import FeedArguments, read_feed
from programme.access import ACCESS
from programme.callers import Caller
from registry import queries
from testkit.plans import rows_read

MANY = int(os.environ.get("CQO_PLAN_ROWS", "10000"))
TODAY = date(2026, 3, 2)

FILL = """
INSERT INTO enterprise (id, version, uscc, name, division, industry, above_threshold, award_contender, brand_contender,
    legal_representative, registered_on)
SELECT 'e' || lpad(n::text, 7, '0'), 1, 'u' || n, '示例企业' || n,
    (ARRAY['220102', '220184', '220202', '220302'])[1 + n % 4], 'C36', true, false, false, '王强', date '2010-05-04'
FROM generate_series(1, :many) AS n;
INSERT INTO person (id, version, division, enterprise_id, name, id_number, id_number_index, registered_on)
SELECT 'p' || lpad(n::text, 7, '0'), 1, (ARRAY['220102', '220184', '220202', '220302'])[1 + n % 4],
    'e' || lpad(n::text, 7, '0'), '李明' || n, '-', 'i' || n, date '2025-01-01' FROM generate_series(1, :many) AS n;
INSERT INTO talent (id, version, division, name, status, certificate_id, valid_until, admitted_on)
SELECT id, 1, division, name, 'in_pool', 'c' || id, date '2028-01-01', date '2025-01-01' FROM person;
INSERT INTO talent_status (person_id, "on", status) SELECT id, date '2025-01-01', 'in_pool' FROM person;
INSERT INTO post (id, version, division, enterprise_id, title, decision_level, departments, opened_on)
SELECT 'o' || substr(id, 2), 1, division, id, '首席质量官', true, '[]', date '2025-01-01' FROM enterprise;
INSERT INTO appointment (id, version, division, enterprise_id, person_id, post_id, position, decision_level,
    departments, appointed_on, appointed_by_name, appointed_by_capacity, document_number, document_date,
    authorisation, filing_due_on, ruleset, warnings, status, causes)
SELECT 'a' || substr(id, 2), 1, division, enterprise_id, id, 'o' || substr(id, 2), '副总经理', true, '[]',
    date '2025-02-01', '王强', '法定代表人', '1', date '2025-02-01', '1', date '2025-03-01', 1, '[]', 'active', '[]'
FROM person;
INSERT INTO appointment_status (appointment_id, "on", status)
SELECT id, date '2025-02-01', 'active' FROM appointment;
INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, data, division, occurred_at,
    published_at, feed_position)
SELECT gen_random_uuid(), 'person', 'p' || n / 2, 1 + n % 2, 'person.changed.v1', '{}',
    (ARRAY['220102', '220184', '220202', '220302'])[1 + n % 4], now(), now(), n
FROM generate_series(2, :many + 1) AS n
"""


def fill(session: Session) -> None:
    for statement in FILL.split(";"):
        session.execute(text(statement), {"many": MANY})


def test_a_page_of_each_list(register: Register) -> None:
    session, page = register.session, PageArguments(50)
    session.execute(text("DELETE FROM outbox"))
    fill(session)
    for caller in (PROVINCE, CHANGCHUN, Caller("q", "enterprise", enterprise_id="e0000077")):
        lists = {
            "enterprises": lambda: queries.some_enterprises(
                session,
                caller,  # noqa: B023
                queries.EnterpriseFilters(has_cqo=True),
                TODAY,
                page,
            ),
            "people": lambda: queries.people(session, caller, queries.PersonFilters(), TODAY, page),  # noqa: B023
            "posts": lambda: queries.posts(session, caller, queries.PostFilters(), TODAY, page),  # noqa: B023
            "talents": lambda: queries.talents(
                session,
                caller,  # noqa: B023
                queries.TalentFilters(available=False),
                TODAY,
                page,
            ),
            "pool": lambda: queries.pool(
                session,
                caller,  # noqa: B023
                queries.PoolFilters(available=False),
                TODAY,
                page,
            ),
            "appointments": lambda: queries.appointments(
                session,
                caller,  # noqa: B023
                queries.AppointmentFilters(),
                TODAY,
                page,
            ),
        }
        for name, ask in lists.items():
            read = rows_read(session, ask)
            assert read < MANY / 5, f"{name}: {read} rows for {caller.role}"


def test_a_reader_of_a_division_pays_one_look_for_each_event_of_others(register: Register) -> None:
    session = register.session
    session.execute(text("DELETE FROM outbox"))
    fill(session)
    wanted = FeedArguments(after=MANY // 2, limit=100)
    reads = {
        caller.division: rows_read(
            session,
            lambda: read_feed(session, "registry", caller, wanted, TODAY, ACCESS),  # noqa: B023
        )
        for caller in (Caller("s", "system"), Caller("s", "system", division="220100"))
    }

    assert reads[None] < 300 and reads["220100"] < 2000, reads
