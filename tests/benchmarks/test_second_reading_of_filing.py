"""A second reading of filing (备案): due day, late or not, overdue on a day, by plain SQL over what was announced.

The history's appointments go on in random ways first: submitted, returned, submitted again, filed. The SQL reads the
events and the rule sets; it shares no code with the registry.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from province import days
from province.databases import session_on
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from chassis.errors import RuleBroken
from chassis.http import Page, PageArguments
from programme import rulesets
from programme.callers import Caller
from registry import queries
from registry.domain.filing import filing_due
from registry.domain.rules import Rules
from registry.queries import AppointmentFilters
from registry.usecases.file_appointment import (
    FileAppointment,
    ReturnFiling,
    SubmitFiling,
    file_appointment,
    return_filing,
    submit_filing,
)

PROVINCE = Caller("w", "province")
DAYS = 12
OWED = "filed_on IS NULL AND status <> 'ended'"
# Few are left to be filed at the end of a history. So three in four of those in office are, once more.
ONCE_MORE = "status <> 'ended' AND md5(id) < 'c'"
AGAIN = (
    f"""DELETE FROM outbox WHERE type = 'appointment.filed.v1'
        AND aggregate_id IN (SELECT id FROM appointment WHERE {ONCE_MORE})""",
    f"UPDATE appointment SET filed_on = NULL, filing_number = NULL, filed_late = NULL WHERE {ONCE_MORE}",
)

# A submission that comes back in time counts from the day of the one before; so the last that did not is what counts.
# What nobody submitted, or submitted again, counts from the day on which it was filed.
READ = """
    WITH told AS (
        SELECT aggregate_id AS id, seq, type, CAST(data ->> 'on' AS date) AS day,
            lag(type) OVER one AS before, lag(CAST(data ->> 'resubmit_by' AS date)) OVER one AS resubmit_by
        FROM outbox WHERE type IN (
            'appointment.filing_submitted.v1', 'appointment.filing_returned.v1', 'appointment.filed.v1'
        ) WINDOW one AS (PARTITION BY aggregate_id ORDER BY seq)
    ),
    counted AS (
        SELECT DISTINCT ON (id) id, day FROM told
        WHERE CASE type
            WHEN 'appointment.filing_submitted.v1' THEN resubmit_by IS NULL OR day > resubmit_by
            WHEN 'appointment.filed.v1' THEN before IS NULL
                OR (before = 'appointment.filing_returned.v1' AND day > resubmit_by)
            ELSE false END
        ORDER BY id, seq DESC
    ),
    last AS (
        SELECT DISTINCT ON (aggregate_id) aggregate_id AS id, type, CAST(data ->> 'resubmit_by' AS date) AS resubmit_by
        FROM outbox WHERE type LIKE 'appointment.fil%ed.v1' ORDER BY aggregate_id, seq DESC
    ),
    made AS (
        SELECT aggregate_id AS id, CAST(data ->> 'on' AS date) + (
            SELECT CAST(parameters ->> 'filing_days' AS integer) FROM ruleset
            WHERE effective_from <= CAST(outbox.data ->> 'on' AS date) ORDER BY version DESC LIMIT 1
        ) AS due
        FROM outbox WHERE type = 'appointment.made.v1'
    )
    SELECT made.id, made.due, last.type AS last, last.resubmit_by, counted.day > made.due AS late,
        EXISTS (
            SELECT FROM outbox WHERE type = 'appointment.ended.v1' AND aggregate_id = made.id
        ) AS ended
    FROM made LEFT JOIN last USING (id) LEFT JOIN counted USING (id)
"""


def at(day: date) -> FixedClock:
    return FixedClock(datetime(day.year, day.month, day.day, 2, tzinfo=UTC))


def go_on(session: Session, appointment_id: str, day: date, rng: random.Random) -> int:
    """Some random acts on one appointment, from a day on; returns how many were not refused."""
    done = 0
    for _ in range(rng.randrange(1, 7)):
        day += timedelta(days=rng.randrange(15))
        act = rng.choice(("submit", "submit", "return", "return", "file"))
        try:
            with session.begin_nested():
                if act == "submit":
                    command = SubmitFiling(day - timedelta(days=rng.choice((0, 0, 3))))
                    submit_filing(session, PROVINCE, appointment_id, command, at(day))
                elif act == "return":
                    return_filing(session, PROVINCE, appointment_id, ReturnFiling("材料不全"), at(day))
                else:
                    file_appointment(session, PROVINCE, appointment_id, FileAppointment(day), at(day))
                done += 1
        except RuleBroken:
            continue
    return done


@pytest.fixture(scope="module")
def registry(history: dict[str, str]) -> Iterator[tuple[Session, Counter[str], dict[str, Any]]]:
    """A session in which the appointments have gone on, which is undone at its end; and the plain reading."""
    rng, seen = random.Random(5), Counter[str]()
    with session_on(history["registry"]) as session:
        for statement in AGAIN:
            session.execute(text(statement))
        owed = session.execute(text(f"SELECT id, appointed_on FROM appointment WHERE {OWED} ORDER BY id")).all()
        for row in owed:
            seen["acts"] += go_on(session, row.id, row.appointed_on + timedelta(days=rng.randrange(40)), rng)
        session.flush()
        session.expire_all()
        plain = {row.id: row for row in session.execute(text(READ))}
        yield session, seen, plain


def test_filing_read_a_second_time_differs_nowhere(registry) -> None:
    session, seen, plain = registry
    kept = session.execute(text("SELECT id, appointed_on, filing_due_on, filed_on, filed_late FROM appointment")).all()
    rules = {row.appointed_on: _rules(session, row.appointed_on) for row in kept}
    differences = []
    for row in kept:
        wanted = plain[row.id]
        found = (row.filing_due_on, row.filed_on is not None, row.filed_late)
        if found != (wanted.due, is_filed(wanted), wanted.late if is_filed(wanted) else None):
            differences.append((row.id, found, wanted))
        if filing_due(row.appointed_on, rules[row.appointed_on]) != wanted.due:
            differences.append((row.id, "due", wanted))
        seen.update({f"late {row.filed_late}": 1})
    for late in (True, False):
        differences += listed_as_filed(session, late) ^ {
            row.id for row in plain.values() if is_filed(row) and row.late is late
        }
    print(f"\n{len(kept)} filings read twice, {len(differences)} differences; {dict(seen)}")
    assert differences == []
    assert seen["late True"] > 20 and seen["late False"] > 20 and seen["acts"] > 100


def test_what_is_overdue_on_a_day_read_a_second_time_differs_nowhere(registry) -> None:
    session, seen, plain = registry
    rng, differences = random.Random(9), []
    latest = max(row.due for row in plain.values())
    for _ in range(DAYS):
        on = latest - timedelta(days=rng.randrange(120))
        wanted = {row.id for row in plain.values() if is_owed(row) and on > last_day(row)}
        owed = {row.id for row in plain.values() if is_owed(row)} - wanted
        differences += worklist(session, "overdue", on) ^ wanted
        differences += worklist(session, "to_be_filed", on) ^ owed
        seen.update(overdue=len(wanted), owed=len(owed))

    print(f"\n{DAYS} days read twice, {len(differences)} differences; {dict(seen)}")
    assert differences == []
    assert seen["overdue"] > DAYS and seen["owed"] > DAYS


def is_filed(row: Any) -> bool:
    return bool(row.last == "appointment.filed.v1")


def is_owed(row: Any) -> bool:
    """Whether the enterprise has to act: it was not submitted, or it was returned."""
    return not row.ended and row.last in (None, "appointment.filing_returned.v1")


def last_day(row: Any) -> date:
    return max(row.due, row.resubmit_by or row.due)


def listed_as_filed(session: Session, late: bool) -> set[str]:
    filters, far = AppointmentFilters(filed_late=late), days.LAST + timedelta(days=300)
    return {row[0].id for row in _pages(lambda page: queries.appointments(session, PROVINCE, filters, far, page))}


def worklist(session: Session, name: str, on: date) -> set[str]:
    return {row.id for row in _pages(lambda page: queries.worklist(session, PROVINCE, name, on, page))}


def _pages(ask: Callable[[PageArguments], Page]) -> Iterator[Any]:
    cursor = None
    while True:
        page = ask(PageArguments(limit=500, cursor=cursor))
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def _rules(session: Session, on: date) -> Rules:
    return rulesets.rules_on(session, on, Rules)
