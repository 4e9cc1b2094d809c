"""A page of a list costs what it shows, and not what there is."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date

from registry_world import CHANGCHUN, PROVINCE, Register
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.http import PageArguments
from chassis.messaging.feed_routes import FeedArguments, read_feed
from programme.access import ACCESS
from programme.callers import Caller
from registry import queries
from registry.domain.appointment import AppointmentStatus
from testkit.plans import rows_read

MANY = int(os.environ.get("CQO_PLAN_ROWS", "10000"))
TODAY = date(2026, 3, 2)

# A quarter lies in one county, and the rest in all of them.
COUNTY = """
CREATE FUNCTION pg_temp.county(n integer) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN n % 4 = 0 THEN '220102' ELSE (
        SELECT code FROM division WHERE level = 'county' AND valid_to IS NULL ORDER BY code
        OFFSET n % (SELECT count(*) FROM division WHERE level = 'county' AND valid_to IS NULL) LIMIT 1
    ) END
$$
"""
FILL = """
INSERT INTO enterprise (id, version, uscc, name, division, industry, above_threshold, award_contender, brand_contender,
    legal_representative, registered_on)
SELECT 'e' || lpad(n::text, 7, '0'), 1, 'u' || n, '示例企业' || n,
    pg_temp.county(n), 'C36', true, false, false, '王强', date '2010-05-04'
FROM generate_series(1, :many) AS n;
INSERT INTO person (id, version, division, enterprise_id, name, id_number, id_number_index, registered_on)
SELECT 'p' || lpad(n::text, 7, '0'), 1, pg_temp.county(n),
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
    pg_temp.county(n), now(), now(), n
FROM generate_series(2, :many + 1) AS n
"""

END_A_TENTH = """
WITH ended AS (
    UPDATE appointment SET status = 'ended', ended_on = date '2026-01-31', end_reason = '任期届满'
    WHERE substr(id, 7, 2) IN ('01', '02', '03', '04', '21', '22', '23', '24', '51', '52') RETURNING id
)
INSERT INTO appointment_status (appointment_id, "on", status) SELECT id, date '2026-02-01', 'ended' FROM ended
"""


def fill(session: Session) -> None:
    session.execute(text(COUNTY))
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
        for caller in (Caller("s", "auditor"), Caller("s", "auditor", division="220100"))
    }

    assert reads[None] < 300 and reads["220100"] < 2000, reads


def test_a_page_of_what_few_of_a_county_are_ends_when_it_is_full(register: Register) -> None:
    """Vacant posts, and ended appointments: a tenth of a county's each."""
    session, page = register.session, PageArguments(50)
    fill(session)
    session.execute(text(END_A_TENTH))
    county, staff = "220102", Caller("w", "division", division="220102")
    vacant, ended = queries.PostFilters(vacant=True), queries.AppointmentFilters(status=AppointmentStatus.ENDED)
    for caller, within in ((PROVINCE, {"division": county}), (staff, {})):
        lists = {
            "posts vacant": lambda: queries.posts(session, caller, replace(vacant, **within), TODAY, page),  # noqa: B023
            "appointments ended": lambda: queries.appointments(
                session,
                caller,  # noqa: B023
                replace(ended, **within),  # noqa: B023
                TODAY,
                page,
            ),
        }
        for name, ask in lists.items():
            shown = ask().items
            assert len(shown) == 50 and [item[0].id for item in shown] == sorted(item[0].id for item in shown)
            read = rows_read(session, ask)
            assert read < MANY / 5, f"{name}: {read} rows for {caller.role}"


def test_the_pages_of_a_prefecture_are_those_of_its_counties_in_order(register: Register) -> None:
    session = register.session
    fill(session)
    session.execute(text(END_A_TENTH))
    wanted, found, cursor = queries.PostFilters(vacant=True, division="220100"), list[str](), None
    while True:
        page = queries.posts(session, PROVINCE, wanted, TODAY, PageArguments(200, cursor))
        found += [item.post.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    ended = "SELECT post_id FROM appointment JOIN division ON code = appointment.division WHERE ended_on IS NOT NULL "
    assert found == sorted(session.scalars(text(ended + "AND parent = '220100' AND valid_to IS NULL")))
    assert len(found) > 250
