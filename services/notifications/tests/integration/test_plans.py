"""A page of a list costs what it shows, and the proof of a day what was due on that day."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.http import PageArguments
from notifications.queries import inbox, notices
from notifications.queries.filters import InboxFilters, NoticeFilters, ProofFilters
from notifications.queries.proof import proof
from notifications.usecases import counting
from programme.callers import Caller
from testkit import divisions
from testkit.plans import rows_read

MANY = int(os.environ.get("CQO_PLAN_ROWS", "10000"))
PROVINCE, STAFF = Caller("wang", "province"), Caller("li", "division", division="220100")
TODAY = date(2026, 3, 2)

FILL = """
INSERT INTO cause (id, type, subject, occurred_at, received_at, division, person_id, enterprise_id, data, ruleset)
SELECT 'e' || lpad(n::text, 7, '0'), 'certificate.renewed.v1', 'c' || n, at, at,
    (ARRAY['220102', '220184', '220204', '220302'])[1 + n % 4], 'p' || n, NULL, '{}', 1
FROM (SELECT n, timestamptz '2025-01-01T00:00:00Z' + n % 365 * interval '1 day' AS at
      FROM generate_series(1, :many) AS n) AS day;
INSERT INTO notice (id, cause_id, kind, recipient_kind, recipient_id, division, subject, body, created_at)
SELECT 'n' || substr(id, 2), id, 'certificate_renewed', 'person', person_id, division, '-', '-', occurred_at FROM cause;
INSERT INTO delivery (id, version, notice_id, channel, state, attempts, maybe_repeated)
SELECT notice.id || channel, 1, notice.id, channel, 'sent', 1, 0
FROM notice, unnest(ARRAY['in_app', 'email']) AS channel
"""


def fill(session: Session) -> None:
    divisions.place(session)
    for statement in FILL.split(";"):
        session.execute(text(statement), {"many": MANY})


def add_up(session: Session) -> None:
    while counting.add_changes(session, datetime(2026, 3, 2, tzinfo=UTC), None):  # type: ignore[arg-type]  # unused
        pass


def test_a_page_of_notices_and_of_an_inbox(session: Session) -> None:
    fill(session)
    page = PageArguments(50)
    for caller in (PROVINCE, STAFF):
        read = rows_read(session, lambda: notices.notices(session, caller, NoticeFilters(), TODAY, page))  # noqa: B023
        assert read < MANY / 5, f"{read} rows for {caller.role}"
    cqo = Caller("p", "cqo", person_id="p77")
    assert rows_read(session, lambda: inbox.inbox(session, cqo, InboxFilters(), TODAY, page)) < 50


def test_the_proof_of_a_day_goes_through_that_day(session: Session) -> None:
    fill(session)
    add_up(session)
    day = ProofFilters(date(2025, 6, 1), date(2025, 6, 1), each=True)
    read = rows_read(session, lambda: proof(session, PROVINCE, day, TODAY))
    shown = proof(session, PROVINCE, day, TODAY)

    # What was received is counted over all that is kept.
    assert read - MANY < MANY / 5, read
    counted = ProofFilters(date(2025, 6, 1), date(2025, 6, 1))
    assert rows_read(session, lambda: proof(session, PROVINCE, counted, TODAY)) < MANY / 5
    assert proof(session, PROVINCE, counted, TODAY).items == shown.items
    assert shown.total.due == shown.total.sent > 0 and shown.total.missing == 0
