"""The audit of coverage: asked for, or every night, and then done day by day, a transaction each."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from prometheus_client import Gauge
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from chassis import settings as chassis
from chassis.clock import SHANGHAI, Clock
from chassis.errors import RuleBroken
from chassis.ids import new_id
from chassis.security import audit
from notifications.adapters.mail.journal import Journal
from notifications.config import Settings
from notifications.queries.coverage import day as coverage
from notifications.storage import coverage_figure, coverage_gap, coverage_run, former
from notifications.usecases import mail_journal
from programme.callers import Caller

log = logging.getLogger(__name__)

AT_NIGHT = time(2)  # from when on the day before is audited
MOST_DAYS = 400  # in one run
AT_ONCE = 1000  # former rows removed in one step
PATIENCE = text("SET LOCAL statement_timeout = '10min'")
OPEN = select(coverage_run).where(coverage_run.c.ended_at.is_(None)).order_by(coverage_run.c.id).limit(1)
LAST_NIGHTLY = (
    select(coverage_run.c.id, coverage_run.c.asked_at)
    .where(coverage_run.c.nightly)
    .order_by(coverage_run.c.id.desc())
    .limit(1)
)
# What a delivery's own state tells. A day on which nothing else differs is not audited again: nothing would be found
# but the same, and with somebody each day who has no address a night would have to go through all days that are kept.
TOLD_BY_STATE = ("no_address", "failed", "unknown")
# What a night looks at beside the day before: differences of the night before, and what has not gone out yet.
OPEN_DAYS = text(
    "SELECT DISTINCT day FROM ("
    "SELECT day FROM coverage_gap WHERE run_id = :last AND fixed_at IS NULL AND reason <> ALL (:told_by_state) "
    "UNION ALL SELECT (cause.received_at AT TIME ZONE 'Asia/Shanghai')::date "
    "FROM delivery JOIN notice ON notice.id = delivery.notice_id JOIN cause ON cause.id = cause_id "
    "WHERE delivery.state IN ('pending', 'sending')) AS still WHERE day < :today ORDER BY day LIMIT :most"
)

gaps = Gauge(
    "cqo_notice_gaps", "Differences of the last nightly audit that are not fixed.", ["service", "kind", "reason"]
)
audited = Gauge("cqo_notice_audited_timestamp_seconds", "When the last nightly audit of coverage ended.", ["service"])


class EmptyPeriod(RuleBroken):
    """The period ends before it begins, or holds a day that is not over yet."""

    zh = "时段的结束日期早于开始日期，或者包含尚未结束的日期。"


class PeriodTooLong(RuleBroken):
    """One audit goes through 400 days at most; ask for the rest in another."""

    zh = "一次核对最多400天，其余日期请另行发起。"


@dataclass(frozen=True)
class AskForAudit:
    """An audit of the days `since` to `until`, both included."""

    since: date
    until: date


def ask(session: Session, caller: Caller, command: AskForAudit, clock: Clock) -> str:
    """Has the worker audit these days; returns the run's id. EmptyPeriod, PeriodTooLong."""
    days = (command.until - command.since).days + 1
    if days < 1 or command.until >= clock.today():
        raise EmptyPeriod()
    if days > MOST_DAYS:
        raise PeriodTooLong()
    run = _enter(session, [command.since + timedelta(days=n) for n in range(days)], caller.subject, clock.now())
    period = {"since": command.since.isoformat(), "until": command.until.isoformat()}
    audit.record(session, caller, "coverage.asked", run, period, clock)
    return run


def work(session: Session, now: datetime, settings: chassis.Settings) -> int:
    """A step of the upkeep: one day of the oldest run that is open; 0 when there is none."""
    assert isinstance(settings, Settings)
    session.execute(PATIENCE)
    _enter_nightly(session, now)
    run = session.execute(OPEN).one_or_none()
    if run is None:
        _show(session, settings.service)
        return 0
    if run.done == 0 and settings.mail_journal is not None and mail_journal.read(session, now, settings.mail_journal):
        return 1
    audit_day(session, run.id, run.days[run.done], now, settings)
    ended = {"ended_at": now} if run.done + 1 == len(run.days) else {}
    session.execute(update(coverage_run).where(coverage_run.c.id == run.id).values(done=run.done + 1, **ended))
    if ended:
        _report(session, run.id, run.days)
    return 1


def audit_day(
    session: Session, run: str, day: date, now: datetime, settings: Settings, doubt: timedelta = coverage.DOUBT
) -> None:
    """Enters what was due on a day, what was accepted, and each difference."""
    coverage.compare(session, run, day, now, doubt)
    coverage.check_seals(session, run, day, now)
    if settings.mail_journal is not None:
        domain = settings.mail_from.rpartition("@")[2]
        coverage.check_mailbox(session, run, day, now, Journal(settings.mail_journal), domain)


def forget(session: Session, now: datetime, settings: chassis.Settings) -> int:
    """A job of the upkeep: removes some audits and former rows of days on which no notices are kept any more."""
    assert isinstance(settings, Settings)
    before = now - timedelta(days=settings.notice_days)
    old = select(coverage_run.c.id).where(coverage_run.c.ended_at < before).order_by(coverage_run.c.id).limit(10)
    runs = session.scalars(old).all()
    for table in (coverage_gap, coverage_figure):
        session.execute(delete(table).where(table.c.run_id.in_(runs)))
    session.execute(delete(coverage_run).where(coverage_run.c.id.in_(runs)))
    day = before.astimezone(SHANGHAI).date()
    # In the order of their numbers, which is that of time: the walk ends at the first that are kept.
    passed = select(former.c.number, former.c.day).order_by(former.c.number).limit(AT_ONCE).subquery()
    gone = delete(former).where(former.c.number.in_(select(passed.c.number).where(passed.c.day < day)))
    return len(runs) + len(session.scalars(gone.returning(former.c.number)).all())


def _enter(session: Session, days: Sequence[date], asked_by: str, now: datetime, nightly: bool = False) -> str:
    run = new_id()
    row = {"id": run, "days": list(days), "done": 0, "nightly": nightly, "asked_by": asked_by, "asked_at": now}
    session.execute(coverage_run.insert().values(row))
    return run


def _enter_nightly(session: Session, now: datetime) -> None:
    moment = now.astimezone(SHANGHAI)
    last = session.execute(LAST_NIGHTLY).one_or_none()
    if moment.time() < AT_NIGHT or (last is not None and last.asked_at.astimezone(SHANGHAI).date() >= moment.date()):
        return
    given = {
        "last": last.id if last else None,
        "told_by_state": list(TOLD_BY_STATE),
        "today": moment.date(),
        "most": MOST_DAYS - 1,
    }
    # Days between, on which no worker ran, are audited too.
    since = last.asked_at.astimezone(SHANGHAI).date() if last else moment.date() - timedelta(days=1)
    missed = [since + timedelta(days=n) for n in range((moment.date() - since).days)][-MOST_DAYS // 2 :]
    days = sorted({*session.scalars(OPEN_DAYS, given), *missed})
    _enter(session, days[-MOST_DAYS:], "nightly", now, nightly=True)


def _report(session: Session, run: str, days: Sequence[date]) -> None:
    found = (
        select(coverage_gap.c.reason, func.count()).where(coverage_gap.c.run_id == run).group_by(coverage_gap.c.reason)
    )
    differences = {reason: number for reason, number in session.execute(found)}
    level = logging.WARNING if differences else logging.INFO
    log.log(level, "coverage of %s to %s: %s", days[0], days[-1], differences or "no differences")


def _show(session: Session, service: str) -> None:
    """Gives the metrics the differences of the last night that are still there."""
    last = select(coverage_run.c.id, coverage_run.c.ended_at).where(
        coverage_run.c.nightly, coverage_run.c.ended_at.is_not(None)
    )
    run = session.execute(last.order_by(coverage_run.c.id.desc()).limit(1)).one_or_none()
    if run is None:
        return
    audited.labels(service).set(run.ended_at.timestamp())
    place = coverage_gap.c.kind, coverage_gap.c.reason
    found = select(*place, func.count()).where(coverage_gap.c.run_id == run.id, coverage_gap.c.fixed_at.is_(None))
    gaps.clear()
    for kind, reason, number in session.execute(found.group_by(*place)):
        gaps.labels(service, kind, reason).set(number)
