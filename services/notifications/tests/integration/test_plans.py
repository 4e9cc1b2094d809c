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
from notifications.queries.recipients import deliveries
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
INSERT INTO notice
    (id, cause_id, kind, about, due_on, recipient_kind, recipient_id, division, subject, body, created_at)
SELECT 'n' || substr(id, 2), id, 'certificate_renewed', 'event:' || id, occurred_at::date, 'person', person_id,
    division, '-', '-', occurred_at FROM cause;
INSERT INTO delivery (id, version, notice_id, channel, state, attempts, maybe_repeated)
SELECT notice.id || channel, 1, notice.id, channel, 'sent', 1, 0
FROM notice, unnest(ARRAY['in_app', 'email']) AS channel
"""


def fill(session: Session) -> None:
    divisions.place(session)
    for statement in FILL.split(";"):
        session.execute(text(statement), {"many": MANY})


def address_offices(session: Session) -> None:
    """A quarter of the notices goes to one office below the staff's, the others to a thousand elsewhere."""
    offices = "CASE WHEN substr(id, 2)::integer % 4 = 0 THEN '220102' ELSE 'x' || substr(id, 6) END"
    session.execute(text(f"UPDATE notice SET recipient_kind = 'division', recipient_id = {offices}"))


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


def test_a_page_of_a_period_that_is_over_does_not_go_through_what_came_later(session: Session) -> None:
    fill(session)
    session.execute(
        text("UPDATE notice SET created_at = timestamptz '2025-01-01' + substr(id, 2)::integer * interval '1 minute'")
    )
    until = NoticeFilters(None, date(2025, 1, 5))
    first = notices.notices(session, PROVINCE, until, TODAY, PageArguments(50))
    second = notices.notices(session, PROVINCE, until, TODAY, PageArguments(50, first.next_cursor))
    read = rows_read(session, lambda: notices.notices(session, PROVINCE, until, TODAY, PageArguments(50)))

    wanted = "SELECT id FROM notice WHERE created_at < timestamptz '2025-01-05T16:00Z' ORDER BY id DESC LIMIT 100"
    assert [each.id for each in (*first.items, *second.items)] == list(session.scalars(text(wanted)))
    assert read < MANY / 5, read


def test_a_page_of_an_offices_inbox_ends_when_it_is_full_though_it_has_read_most(session: Session) -> None:
    fill(session)
    address_offices(session)
    read_all = "INSERT INTO reading SELECT id, 'division:220100', now() FROM notice WHERE id < 'n' || :last"
    session.execute(text(read_all), {"last": f"{MANY - 100:07d}"})
    for unread in (True, False):
        ask = InboxFilters(unread=unread)
        read = rows_read(session, lambda: inbox.inbox(session, STAFF, ask, TODAY, PageArguments(20)))  # noqa: B023
        assert read < MANY / 5, f"{read} rows, unread {unread}"


def test_what_an_office_has_read_is_passed_over_by_what_was_read_alone(session: Session) -> None:
    fill(session)
    address_offices(session)
    read_but_the_oldest = "INSERT INTO reading SELECT id, 'division:220100', now() FROM notice WHERE id > 'n0000100'"
    session.execute(text(read_but_the_oldest))
    unread, page = InboxFilters(unread=True), PageArguments(20)
    read = rows_read(session, lambda: inbox.inbox(session, STAFF, unread, TODAY, page))

    shown = inbox.inbox(session, STAFF, unread, TODAY, page).items
    assert [each.id for each in shown] == [f"n{number:07d}" for number in range(100, 20, -4)]
    # Each notice and its reading, in their indexes; deliveries of those alone that were not read.
    assert read < 2.2 * MANY / 4, read


def test_the_deliveries_of_a_recipient_come_page_by_page(session: Session) -> None:
    fill(session)
    first = deliveries(session, PROVINCE, "person", "p77", TODAY, PageArguments(1))
    second = deliveries(session, PROVINCE, "person", "p77", TODAY, PageArguments(1, first.next_cursor))

    assert sorted(each.channel for each in (*first.items, *second.items)) == ["email", "in_app"]
    assert second.next_cursor is None
