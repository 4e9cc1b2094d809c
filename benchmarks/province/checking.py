"""Whether the history hangs together: what the services' own comparison, proof and verification say of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.messaging.announced import announced
from chassis.messaging.inbox.applied import applied
from chassis.security import audit
from notifications.adapters import seals
from notifications.queries.coverage import day as coverage
from notifications.queries.filters import ProofFilters
from notifications.queries.proof import proof
from programme.access import ACCESS
from programme.callers import Caller
from province import days
from province.books import SERVICES
from province.databases import session_on

# Of each type: how many were announced, and the sum of the ids, as the demo's reconciliation compares them.
PUBLISHED = text("SELECT type, published, id_sum FROM outbox_tally")
STILL_THERE = text(
    "SELECT type, count(*), sum(('x' || right(id::text, 12))::bit(48)::bigint), bool_or(begins IS NOT NULL) "
    "FROM outbox LEFT JOIN outbox_kept USING (aggregate_type) WHERE published_at IS NOT NULL GROUP BY type"
)
APPLIED = text("SELECT type, sum(applied), sum(moved), sum(id_sum) FROM inbox_applied GROUP BY type")
PLACES = text("SELECT count(*), coalesce(max(feed_position), 0), coalesce(min(feed_position), 1) FROM outbox")
GONE = text("SELECT coalesce(max(last_position), 0) FROM outbox_month WHERE gone_at IS NOT NULL")
RUN = "checking"
AUDITED = text(
    "INSERT INTO coverage_run (id, days, done, nightly, asked_by, asked_at) "
    f"VALUES ('{RUN}', '{{}}', 0, false, 'bench', now())"
)
DUE = text(f"SELECT coalesce(sum(due), 0) FROM coverage_figure WHERE run_id = '{RUN}'")
DIFFERING = text(
    f"SELECT kind, reason, count(*) FROM coverage_gap WHERE run_id = '{RUN}' AND reason <> 'no_address' GROUP BY 1, 2"
)
NO_ADDRESS = text(
    f"SELECT (SELECT count(*) FROM coverage_gap WHERE run_id = '{RUN}' AND reason = 'no_address'), "
    "(SELECT count(*) FROM delivery JOIN notice ON notice.id = notice_id WHERE state = 'no_address' "
    "AND (created_at AT TIME ZONE 'Asia/Shanghai')::date = :day)"
)
ALL = 10**9  # entries of the audit log that are verified at once
CALLER = Caller(subject="bench", role="auditor")


def faults(urls: Mapping[str, str], bound: Mapping[str, tuple[str, ...]], today: date) -> list[str]:
    """What does not hold, in words; `bound` are the readers of each kind of aggregate."""
    with ExitStack() as stack:
        return faults_of({service: stack.enter_context(session_on(url)) for service, url in urls.items()}, bound, today)


def faults_of(sessions: Mapping[str, Session], bound: Mapping[str, tuple[str, ...]], today: date) -> list[str]:
    """The same, seen through sessions on the four databases."""
    found = [*_cursors(sessions, bound, today), *_counts(sessions, bound)]
    for service, session in sessions.items():
        number, last, first = session.execute(PLACES).one()
        gone = session.scalars(GONE).one()
        if number and (first, last) != (gone + 1, gone + number):
            found.append(
                f"{service}: the feed has {number} events at the positions {first} to {last}, {gone} have gone"
            )
    province = Caller(subject="bench", role="province")
    shown, looked_up = (
        proof(sessions["notifications"], province, ProofFilters(each=each), today) for each in (False, True)
    )
    if not shown.proved:
        found.append(f"the proof of notices does not hold: {shown.total}, {shown.received}")
    if shown != looked_up:
        found.append(f"each delivery looked up, the proof says {looked_up.total}, {looked_up.received}")
    verified = audit.verify(sessions["registry"], limit=ALL)
    if verified.first_broken is not None or verified.unsealed:
        found.append(f"the audit log breaks at entry {verified.first_broken}")
    return found


def differences(session: Session, day: date, secrets: Mapping[str, str]) -> list[str]:
    """What the service's own audit of coverage finds on a day beside letters that have no address; undone after it."""
    seals.use(seals.Seals(secrets["notice_key"]))
    session.execute(AUDITED)
    coverage.compare(session, RUN, day, days.NOW)
    coverage.check_seals(session, RUN, day, days.NOW)
    due = session.scalars(DUE).one()
    found = [f"the audit of {day}: {number} {kind} {reason}" for kind, reason, number in session.execute(DIFFERING)]
    lacking, known = session.execute(NO_ADDRESS, {"day": day}).one()
    session.rollback()
    if lacking != known or not due:
        found.append(f"the audit of {day}: {due} were due, {lacking} of {known} without an address were found")
    return found


def _cursors(sessions: Mapping[str, Session], bound: Mapping[str, tuple[str, ...]], today: date) -> list[str]:
    found = []
    for publisher in SERVICES:
        there = {each.type: each for each in announced(sessions[publisher], None, CALLER, today, ACCESS)}
        for reader in SERVICES:
            kinds = [kind for kind in there if reader in bound.get(kind, ())]
            here = {each.type: each for each in applied(sessions[reader], kinds)}
            for kind in kinds:
                if kind not in here or there[kind].differs_in(here[kind]):
                    found.append(f"{reader} differs from {publisher} in {kind}")
    return found


def _counts(sessions: Mapping[str, Session], bound: Mapping[str, tuple[str, ...]]) -> list[str]:
    published: dict[str, tuple[Any, ...]] = {}  # Any: numbers
    for session in sessions.values():
        published |= {kind: (number, total) for kind, number, total in session.execute(PUBLISHED)}
    found = []
    for session in sessions.values():
        for kind, number, total, passes in session.execute(STILL_THERE):
            if (number, total) != published[kind] and not (passes and number <= published[kind][0]):
                found.append(f"{published[kind][0]} of {kind} are counted as published, {number} are there")
    for reader, session in sessions.items():
        counted = {kind: rest for kind, *rest in session.execute(APPLIED)}
        for kind, (number, total) in published.items():
            if reader in bound.get(kind.partition(".")[0], ()):
                handled, moved, id_sum = counted.get(kind, (0, 0, 0))
                if handled + moved != number or (handled and id_sum != total):
                    found.append(f"{reader}: {number} of {kind} were published, {handled} applied, {moved} moved")
    return found
