"""A page of a list costs what it shows, and not what there is."""

from __future__ import annotations

import os
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.http import PageArguments
from programme.callers import Caller
from testkit import divisions
from testkit.plans import rows_read
from training import queries
from training.adapters.numbers import number_of
from training.domain.certificate import CertificateStatus
from training.queries import CertificateFilters, ReminderFilters, VerificationQuery
from training.usecases.expiry import REMINDER

MANY = int(os.environ.get("CQO_PLAN_ROWS", "10000"))
PROVINCE, STAFF = Caller("wang", "province"), Caller("li", "division", division="220100")
TODAY = date(2026, 3, 2)

FILL = """
INSERT INTO certificate (id, version, division, number, person_id, name, enterprise_id, issued_on, valid_from,
    valid_until, ruleset, status)
SELECT 'c' || lpad(n::text, 7, '0'), 1, (ARRAY['220102', '220184', '220204', '220302'])[1 + n % 4], 'CQO-' || n,
    'p' || n, '李明', 'e' || n % 1000, date '2025-01-01', date '2025-01-01', date '2027-12-31', 1, 'valid'
FROM generate_series(1, :many) AS n;
INSERT INTO certificate_status (certificate_id, "on", status, valid_until, decision, ruleset, grounds)
SELECT 'c' || lpad(n::text, 7, '0'), date '2025-01-01', 'valid', date '2027-12-31', 'issued', 1, '{}'
FROM generate_series(1, :many) AS n;
INSERT INTO due (kind, series, key, due_on, payload, state)
SELECT :kind, 'c' || n, 'c' || n || '-30', date '2025-01-01' + n % 365,
    jsonb_build_object('certificate_id', 'c' || n, 'days_left', 30),
    (ARRAY['done', 'planned', 'cancelled'])[1 + n % 3]
FROM generate_series(1, :many) AS n
"""


def fill(session: Session) -> None:
    divisions.place(session)
    for statement in FILL.split(";"):
        session.execute(text(statement), {"many": MANY, "kind": REMINDER})


def test_a_page_of_certificates_and_of_reminders(session: Session) -> None:
    fill(session)
    certificates = {
        "all": CertificateFilters(),
        "of a day": CertificateFilters(on=date(2025, 6, 1)),
        "of a person": CertificateFilters(person_id="p77"),
        "of an enterprise": CertificateFilters(enterprise_id="e77"),
        "by number": CertificateFilters(number="CQO-77"),
    }
    page = PageArguments(50)
    for caller in (PROVINCE, STAFF):
        for name, filters in certificates.items():
            read = rows_read(session, lambda: queries.list_certificates(session, caller, filters, TODAY, page))  # noqa: B023
            assert read < MANY / 5, f"certificates {name}: {read} rows for {caller.role}"
    for filters in (ReminderFilters(), ReminderFilters(since=date(2025, 12, 1))):
        read = rows_read(session, lambda: queries.list_reminders_due(session, filters, TODAY, page))  # noqa: B023
        assert read < MANY / 5, f"reminders: {read} rows"
    asked = VerificationQuery(number_of(2025, "220100", 12), "李明")
    number = rows_read(session, lambda: queries.find_genuine(session, asked, TODAY))
    assert number < 10


def test_a_page_of_what_has_expired_in_a_division_passes_over_all_that_has_not(session: Session) -> None:
    fill(session)
    ended = "valid_until = date '2026-01-31' WHERE substr({}, 2)::integer % 20 = 1"
    session.execute(text(f"UPDATE certificate SET {ended.format('id')}"))
    session.execute(text(f"UPDATE certificate_status SET {ended.format('certificate_id')}"))
    filters, page = CertificateFilters(status=CertificateStatus.EXPIRED), PageArguments(50)
    read = rows_read(session, lambda: queries.list_certificates(session, STAFF, filters, TODAY, page))
    first = queries.list_certificates(session, STAFF, filters, TODAY, page)
    second = queries.list_certificates(session, STAFF, filters, TODAY, PageArguments(50, first.next_cursor))

    wanted = (
        "SELECT id FROM certificate WHERE division IN ('220102', '220184') AND valid_until < date '2026-03-02' "
        "ORDER BY id LIMIT 100"
    )
    assert [each.id for each in (*first.items, *second.items)] == list(session.scalars(text(wanted)))
    assert read < 500, read  # 50 certificates with what held of each, and not the thousands between them
    before = CertificateFilters(status=CertificateStatus.EXPIRED, on=date(2026, 1, 31))
    assert queries.list_certificates(session, STAFF, before, TODAY, page).items == []
