"""A page of a list costs what it shows, and not what there is."""

from __future__ import annotations

import os
from datetime import date

from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.http import PageArguments
from chassis.process import revisions
from programme.callers import Caller
from reporting import queries
from reporting.domain.coverage import Population, PostState
from testkit import divisions
from testkit.plans import rows_read

MANY = int(os.environ.get("CQO_PLAN_ROWS", "10000"))
PROVINCE, STAFF = Caller("wang", "province"), Caller("li", "division", division="220100")
TODAY = date(2026, 3, 2)

FILL = """
INSERT INTO enterprise_history (enterprise_id, version, "on", name, division, above_threshold, award_contender,
    brand_contender)
SELECT 'e' || lpad(n::text, 7, '0'), version, date '2020-01-01' + version, '示例企业' || n,
    (ARRAY['220102', '220184', '220204', '220302'])[1 + n % 4], true, n % 3 = 0, n % 5 = 0
FROM generate_series(1, :many) AS n, generate_series(1, 2) AS version;
INSERT INTO appointment_history (appointment_id, version, "on", enterprise_id, person_id, status)
SELECT 'a' || lpad(n::text, 7, '0'), version, date '2020-01-01' + version, 'e' || lpad(n::text, 7, '0'), 'p' || n,
    (ARRAY['active', 'suspended', 'active'])[version]
FROM generate_series(1, :many) AS n, generate_series(1, 3) AS version WHERE n % 2 = 0;
"""


def fill(session: Session) -> None:
    divisions.place(session)
    for statement in filter(str.strip, FILL.split(";")):
        session.execute(text(statement), {"many": MANY})
    # What the handlers add up beside the records, as the migration does it for records that are there.
    scripts = ScriptDirectory(str(revisions.folder_of("reporting")))
    for statement in scripts.get_revision("0010").module.FILL:
        session.execute(text(statement))
    session.execute(text("ANALYZE coverage_period, coverage_change, count_change"))


def test_a_page_of_the_enterprises_behind_a_figure(session: Session) -> None:
    fill(session)
    filters = queries.RecordFilters(population=Population.ALL)
    first = queries.records(session, PROVINCE, filters, TODAY, PageArguments(50))

    for caller in (PROVINCE, STAFF):
        for cursor in (None, first.next_cursor):
            page = PageArguments(50, cursor)
            read = rows_read(session, lambda: queries.records(session, caller, filters, TODAY, page))  # noqa: B023
            assert read < MANY / 5, f"{read} rows for {caller.role}, {cursor}"
    assert len(first.items) == 50


def test_a_figure_goes_through_each_record_a_few_times_at_most(session: Session) -> None:
    fill(session)
    read = rows_read(session, lambda: queries.coverage(session, PROVINCE, TODAY, Population.ALL))
    figures = queries.coverage(session, PROVINCE, TODAY, Population.ALL)

    assert read < 8 * MANY
    assert (figures.total.enterprises, figures.total.active) == (MANY, MANY // 2)
    suspended = queries.RecordFilters(population=Population.ALL, state=PostState.SUSPENDED)
    assert queries.records(session, PROVINCE, suspended, date(2020, 1, 3), PageArguments(5)).items
