"""An audit is asked for or comes at night, goes on where it was interrupted, and what it finds is sent once."""

from __future__ import annotations

import os
from datetime import date, timedelta
from typing import Any

import pytest
from coverage_world import BEGUN, SENDER, THRESHOLD, Told, reasons
from sqlalchemy import func, select, text

from chassis.errors import NotFound
from chassis.http import PageArguments
from chassis.security.audit import audit_log
from notifications.adapters.mail import journal
from notifications.queries import gaps
from notifications.queries.coverage import day as coverage_day
from notifications.queries.gaps import GapFilters
from notifications.storage import coverage_gap, coverage_run, notice
from notifications.usecases import coverage, coverage_fixes
from notifications.usecases.coverage import AskForAudit, EmptyPeriod, PeriodTooLong
from notifications.usecases.coverage_fixes import FixedAlready, NothingToSend
from programme.callers import Caller
from testkit.plans import rows_read
from testkit.statements import statements

PROVINCE, COUNTY, ELSEWHERE = (
    Caller("wang", "province"),
    Caller("li", "division", division="220102"),
    Caller("zhao", "division", division="220204"),
)
NEXT = THRESHOLD + timedelta(days=1)
MANY = int(os.environ.get("CQO_PLAN_ROWS", "10000"))


@pytest.fixture
def told(session, clock, tmp_path, tell, sweep, monkeypatch):
    monkeypatch.setattr(journal, "SETTLED", 0)
    return Told(session, clock, tmp_path, tell, sweep)


@pytest.fixture
def settings(tmp_path):
    return _settings(tmp_path)


def _settings(journal) -> Any:  # Any: it stands for the service's settings
    class Given(coverage.Settings):
        def __init__(self) -> None:
            pass

    given = Given.__new__(Given)
    for name, value in (("mail_journal", journal), ("mail_from", SENDER), ("notice_days", 400), ("service", "n")):
        object.__setattr__(given, name, value)
    return given


def work(told, settings):
    """Does all that there is to do; how many steps that took."""
    steps = 0
    while coverage.work(told.session, told.clock.now(), settings):
        steps += 1
        assert steps < 1000
    return steps


@pytest.fixture
def lost(told, world):
    """Ten were reminded; of one the notice is gone, and of another the letter has failed."""
    told.certified(world, 10)
    told.post()
    told.come_to(THRESHOLD)
    told.sweep()
    (failed,) = told.rows(
        "SELECT delivery.id FROM delivery JOIN notice ON notice.id = notice_id WHERE channel = 'email' "
        "AND kind = 'certificate_expiring' AND recipient_kind = 'enterprise' ORDER BY delivery.id LIMIT 1"
    )
    told.failed = failed.id
    told.session.execute(text("UPDATE delivery SET state = 'failed' WHERE id = :id"), {"id": failed.id})
    told.post()
    told.come_to(NEXT)
    (gone,) = told.rows(
        "SELECT id, about FROM notice WHERE kind = 'certificate_expiring' AND recipient_kind = 'person' "
        "ORDER BY id LIMIT 1"
    )
    told.gone = gone.about
    for statement in ("DELETE FROM delivery WHERE notice_id = :id", "DELETE FROM notice WHERE id = :id"):
        told.session.execute(text(statement), {"id": gone.id})
    return told


def test_the_night_audits_the_day_before_and_what_was_open_before(lost, settings):
    assert work(lost, settings) > 0
    (first,) = lost.session.execute(select(coverage_run)).all()

    # The first night goes back one day only; the next ones go on from there.
    assert (first.days, first.nightly, first.done) == ([THRESHOLD], True, 1)
    assert reasons(lost.found(first.id)) == {"never_planned": 2, "failed": 1}
    assert work(lost, settings) == 0, "once a night"
    lost.come_to(NEXT + timedelta(days=3))
    work(lost, settings)
    second = lost.session.execute(select(coverage_run).order_by(coverage_run.c.id.desc())).first()
    assert second.days == [THRESHOLD, NEXT, NEXT + timedelta(days=1), NEXT + timedelta(days=2)]
    assert reasons(lost.found(second.id)) == {"never_planned": 2, "failed": 1}
    assert _metric(settings) == {
        ("certificate_expiring", "never_planned"): 2.0,
        ("certificate_expiring", "failed"): 1.0,
    }


def test_a_night_does_not_look_again_at_days_for_what_only_the_delivery_lacks(told, world, settings):
    """Or, with somebody each day who has no address, a night would soon audit all days that are kept."""
    for number in range(5):
        told.come_to(BEGUN + timedelta(days=number))
        work(told, settings)
        firm = world.firm()
        holder = world.person(firm)
        told.tell(firm, holder)
        told.tell(world.certificate(holder))
        told.post()
    told.come_to(BEGUN + timedelta(days=5))
    work(told, settings)

    runs = told.session.execute(select(coverage_run).order_by(coverage_run.c.id)).all()
    assert [run.days for run in runs[1:]] == [[BEGUN + timedelta(days=number)] for number in range(5)]
    assert {reason for run in runs[1:] for reason in reasons(told.found(run.id))} == {"no_address"}


def test_before_two_in_the_morning_the_night_has_not_come(told, settings):
    told.come_to(BEGUN, hour=8)
    told.clock.at -= timedelta(hours=7)

    assert work(told, settings) == 0


def _metric(settings):
    (found,) = coverage.gaps.collect()
    return {(each.labels["kind"], each.labels["reason"]): each.value for each in found.samples}


def test_what_is_missing_is_sent_once_and_audited(lost, settings):
    run = coverage.ask(lost.session, PROVINCE, AskForAudit(THRESHOLD, THRESHOLD), lost.clock)
    work(lost, settings)
    found = lost.session.execute(
        select(coverage_gap).where(coverage_gap.c.run_id == run, coverage_gap.c.reason == "never_planned")
    ).first()

    fixed = coverage_fixes.fix(lost.session, PROVINCE, found.id, lost.clock)
    lost.post()

    assert fixed == coverage_fixes.Fixed(1, 0, 0)
    again = lost.rows(
        "SELECT body FROM notice WHERE about = :about AND recipient_kind = 'person' AND due_on = :day",
        about=lost.gone,
        day=THRESHOLD,
    )
    assert len(again) == 1 and "还有89日" in again[0].body, "the text is of today"
    with pytest.raises(FixedAlready):
        coverage_fixes.fix(lost.session, PROVINCE, found.id, lost.clock)
    entered = select(func.count()).select_from(audit_log).where(audit_log.c.action == "coverage.fixed")
    lost.session.flush()
    assert lost.session.scalar(entered) == 1


def test_everything_that_an_audit_found_is_sent_and_the_next_audit_finds_nothing(lost, settings):
    run = coverage.ask(lost.session, PROVINCE, AskForAudit(THRESHOLD, THRESHOLD), lost.clock)
    work(lost, settings)

    fixed = coverage_fixes.fix_all(lost.session, PROVINCE, run, lost.clock)
    lost.post()
    second = coverage_fixes.fix_all(lost.session, PROVINCE, run, lost.clock)

    assert (fixed.fixed, fixed.nothing_to_send, fixed.left) == (3, 0, 0)
    assert second == coverage_fixes.Fixed(0, 0, 0)
    assert lost.audit((THRESHOLD, NEXT)) == []
    assert {row.fixed_by for row in lost.found(run)} == {"wang"}


def test_what_holds_no_longer_is_not_sent(lost, world, settings):
    run = coverage.ask(lost.session, PROVINCE, AskForAudit(THRESHOLD, THRESHOLD), lost.clock)
    work(lost, settings)
    gap = next(each for each in lost.found(run) if each.reason == "never_planned")
    lost.session.execute(text("UPDATE certificate SET state = 'revoked'"))

    with pytest.raises(NothingToSend):
        coverage_fixes.fix(lost.session, PROVINCE, gap.id, lost.clock)


def test_an_altered_text_is_put_right_and_sent_again(told, world, settings):
    told.certified(world, 2)
    told.post()
    told.session.execute(text("UPDATE notice SET body = '伪造' WHERE recipient_kind = 'person'"))
    told.come_to(THRESHOLD)
    told.sweep()
    told.post()
    run = coverage.ask(told.session, PROVINCE, AskForAudit(BEGUN, BEGUN), told.clock)
    work(told, settings)
    assert reasons(told.found(run)) == {"text_altered": 4}

    assert coverage_fixes.fix_all(told.session, PROVINCE, run, told.clock).fixed == 4
    told.post()

    assert told.session.scalar(select(func.count()).select_from(notice).where(notice.c.body == "伪造")) == 0
    told.come_to(NEXT)
    assert told.audit((BEGUN, THRESHOLD)) == []


def test_a_period_that_can_not_be_audited_is_refused(told):
    told.come_to(BEGUN)
    for since, until in ((BEGUN, BEGUN), (BEGUN - timedelta(1), BEGUN - timedelta(2))):
        with pytest.raises(EmptyPeriod):
            coverage.ask(told.session, PROVINCE, AskForAudit(since, until), told.clock)
    with pytest.raises(PeriodTooLong):
        coverage.ask(told.session, PROVINCE, AskForAudit(BEGUN - timedelta(401), BEGUN - timedelta(1)), told.clock)


def test_each_office_sees_the_differences_of_its_own_division(lost, settings):
    run = coverage.ask(lost.session, PROVINCE, AskForAudit(THRESHOLD, THRESHOLD), lost.clock)
    work(lost, settings)
    page, today = PageArguments(2), lost.clock.today()

    first = gaps.gaps(lost.session, COUNTY, run, GapFilters(), today, page)
    rest = gaps.gaps(lost.session, COUNTY, run, GapFilters(), today, PageArguments(2, first.next_cursor))
    assert (len(first.items), len(rest.items), rest.next_cursor) == (2, 1, None)
    assert gaps.gaps(lost.session, ELSEWHERE, run, GapFilters(), today, page).items == []
    failed = gaps.gaps(lost.session, PROVINCE, run, GapFilters(reason="failed"), today, page)
    assert [each["delivery_id"] for each in failed.items] == [lost.failed]
    seen = gaps.run(lost.session, COUNTY, run, today)
    assert seen.figures == [] and sum(each.number for each in seen.differences) == 3
    assert gaps.run(lost.session, PROVINCE, run, today).figures
    with pytest.raises(NotFound):
        gaps.gaps(lost.session, PROVINCE, "none", GapFilters(), today, page)
    with pytest.raises(NotFound):
        coverage_fixes.fix(lost.session, ELSEWHERE, failed.items[0]["id"], lost.clock)


def test_an_audit_takes_as_many_statements_however_much_is_audited(told, world):
    counts = []
    for people in (5, 40):
        told.certified(world, people)
        told.post()
        with statements(told.session.connection()) as sent:
            told.audit((BEGUN,))
        counts.append(len([each for each in sent if not each.startswith(("SAVEPOINT", "RELEASE"))]))

    print(f"\nstatements for 5 and for 45 people: {counts}")
    assert counts[0] == counts[1]


def test_what_is_kept_for_audits_has_an_end(lost, settings):
    run = coverage.ask(lost.session, PROVINCE, AskForAudit(THRESHOLD, THRESHOLD), lost.clock)
    work(lost, settings)
    later = lost.clock.now() + timedelta(days=401)
    while coverage.forget(lost.session, later, settings):
        pass

    assert lost.found(run) == []
    assert lost.session.scalar(select(func.count()).select_from(coverage_run)) == 0
    assert lost.rows("SELECT count(*) FROM former WHERE day < :day", day=date(2029, 12, 1))[0].count == 0


FILL = """
INSERT INTO person SELECT 'p' || n, '示例人', '220102', NULL FROM generate_series(1, :many) AS n;
INSERT INTO certificate (id, number, person_id, valid_until, state)
SELECT 'c' || n, 'CQO', 'p' || n, date '2030-01-01' + n % 3000, 'valid' FROM generate_series(1, :many) AS n;
INSERT INTO cause (id, type, subject, occurred_at, received_at, division, person_id, data, ruleset)
SELECT 'e' || n, 'certificate.renewed.v1', 'c' || n, at, at, '220102', 'p' || n,
    jsonb_build_object('person_id', 'p' || n, 'certificate_id', 'c' || n), 1
FROM (SELECT n, timestamptz '2026-01-01T00:00:00Z' + n % 1000 * interval '1 day' AS at
      FROM generate_series(1, :many) AS n) AS known
"""


def audited(told, session):
    """How many rows the audit of 1 June reads, and how many differences it enters."""
    told.come_to(date(2026, 6, 2))
    run = coverage._enter(session, [date(2026, 6, 1)], "t", told.clock.now())
    read = rows_read(session, lambda: coverage_day.compare(session, run, date(2026, 6, 1), told.clock.now()))
    missing = session.scalar(select(func.count()).select_from(coverage_gap).where(coverage_gap.c.run_id == run))
    return read, missing


def test_the_audit_of_a_day_goes_through_that_day(told, session):
    for statement in FILL.split(";"):
        session.execute(text(statement), {"many": MANY})
    read, missing = audited(told, session)

    print(f"\n{read} rows read for {missing} differences, of {MANY} certificates")
    assert missing >= MANY // 1000 and read < MANY / 5 + 200 * missing


OPEN_MATTERS = """
INSERT INTO matter (kind, subject, opened_on, opened_by)
SELECT 'nomination', 'n' || n, date '2024-01-01' + n % 800, 'o' || n FROM generate_series(1, :many) AS n;
INSERT INTO cause (id, type, subject, occurred_at, received_at, division, person_id, data, ruleset)
SELECT 'w' || n, 'nomination.waitlisted.v1', 'n' || n, at, at, '220102', 'p' || n,
    jsonb_build_object('person_id', 'p' || n, 'class_id', 'k'), 1
FROM (SELECT n, timestamptz '2026-06-01T02:00:00Z' AS at FROM generate_series(1, 20) AS n) AS known
"""


def test_whether_what_was_due_still_stands_is_looked_up_for_each(told, session):
    for statement in (*FILL.split(";"), *OPEN_MATTERS.split(";")):
        session.execute(text(statement), {"many": MANY})
    read, missing = audited(told, session)

    print(f"\n{read} rows read for {missing} differences, of {MANY} matters")
    assert missing >= 20 and read < MANY / 5 + 200 * missing
