"""What the nights' audits of coverage found, and by what everything is planned: from the rows that are there."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, TypeAlias

import psycopg
from sqlalchemy.orm import Session

from chassis.clock import SHANGHAI
from notifications.domain.rules import Rules
from notifications.handlers.replanning import _digest
from notifications.usecases.coverage import AT_NIGHT
from programme import rulesets
from province import days
from province.books import Row, id_of
from province.databases import copy_rows
from province.retention import Retention

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape

DIFFERENCES, OF_A_MONTH = 10, 200  # of each day that are entered: by a night, by an audit of a month
FIGURES = """
INSERT INTO coverage_figure (run_id, kind, channel, due, accepted)
SELECT coverage_run.id, kind, channel, sum(number), coalesce(sum(number) FILTER (WHERE state = 'sent'), 0)
FROM coverage_run JOIN delivery_sum
    ON place = '' AND basis = 'written' AND grain = 'day' AND since = ANY (days) AND channel <> ''
GROUP BY 1, 2, 3
"""
# Letters for whom there is no address: the rest of this history is as it must be.
GAPS = """
INSERT INTO coverage_gap (run_id, day, due_on, kind, reason, subject, recipient_kind, recipient_id, channel, division,
    cause_id, notice_id, delivery_id, found_at)
SELECT coverage_run.id, day, due_on, kind, state, about, recipient_kind, recipient_id, channel, division, cause_id,
    found.notice_id, found.delivery_id, ended_at
FROM coverage_run CROSS JOIN LATERAL unnest(days) AS day CROSS JOIN LATERAL (
    SELECT notice.*, notice.id AS notice_id, delivery.id AS delivery_id, state, channel
    FROM notice JOIN delivery ON notice_id = notice.id
    WHERE notice.created_at >= day::timestamp AT TIME ZONE 'Asia/Shanghai'
        AND notice.created_at < (day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AND state = 'no_address'
    LIMIT CASE WHEN nightly THEN %(night)s ELSE %(month)s END
) AS found ORDER BY coverage_run.id
"""


def enter(connection: Connection, session: Session, retention: Retention) -> None:
    """The audits that are kept: of each night, and one of a month that somebody asked for."""
    nights = [_night(retention, number) for number in range(retention.notice_days)]
    since = days.LAST.replace(day=1) - timedelta(days=30)
    month = [since + timedelta(days=number) for number in range(30)]
    asked_at = datetime.combine(days.LAST, time(9), SHANGHAI)
    asked = _run(asked_at, month, "province-7", is_nightly=False)
    copy_rows(connection, "coverage_run", sorted([*nights, asked], key=lambda run: str(run["id"])))
    connection.execute(FIGURES)
    connection.execute(GAPS, {"night": DIFFERENCES, "month": OF_A_MONTH})
    by = rulesets.rules_on(session, days.LAST, Rules)
    for what, digest in (("certificates", _digest(by, None)), ("matters", _digest(by, session))):
        connection.execute("INSERT INTO planning (what, by) VALUES (%s, %s)", (what, digest))


def _night(retention: Retention, number: int) -> Row:
    on = days.LAST - timedelta(days=number)
    return _run(datetime.combine(on, AT_NIGHT, SHANGHAI), [on - days.ONE_DAY], "nightly", is_nightly=True)


def _run(asked_at: datetime, audited: list[date], asked_by: str, is_nightly: bool) -> Row:
    at = days.as_text(asked_at)
    return {
        "id": id_of(at, f"audit {at}"),
        "days": audited,
        "done": len(audited),
        "nightly": is_nightly,
        "asked_by": asked_by,
        "asked_at": at,
        "ended_at": days.as_text(asked_at + timedelta(minutes=len(audited))),
    }
