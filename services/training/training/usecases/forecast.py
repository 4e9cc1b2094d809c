"""Once a year, by default on 1 October, those are told who are going to miss hours of it (R34).

It goes through the certificates some hundred at a time. Each step is a due row that plans the next one, and the last
one plans that of the next year.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import Clock
from chassis.messaging import outbox
from programme import rulesets
from training import storage
from training.domain.certificate import Certificate, CertificateStatus
from training.domain.education import EducationYear, Shortfall, year_id
from training.domain.rules import Rules
from training.usecases.education import required_hours

FORECAST = "education.forecast"  # the kind of due row
AT_ONCE = 500


def forecast(session: Session, rows: Sequence[due.DueRow], clock: Clock) -> None:
    """Due rows: the next certificates of a year's forecast. A year that is over is past telling."""
    for row in rows:  # one: a step plans the next
        today, year = clock.today(), row.payload["year"]
        rules = rulesets.rules_on(session, today, Rules)
        if today.year > year:
            _plan(session, today.year, "", rules)
            continue
        last = _tell_some(session, year, row.payload["after"], rules, clock)
        if last is None:
            _plan(session, year + 1, "", rules)
        else:
            _plan(session, year, last, rules)


def _plan(session: Session, year: int, after: str, rules: Rules) -> None:
    day = date(year, rules.education_forecast_month, rules.education_forecast_day)
    due.plan(session, FORECAST, f"{year}", f"{year}:{after}", day, {"year": year, "after": after})


def _tell_some(session: Session, year: int, after: str, rules: Rules, clock: Clock) -> str | None:
    """Tells the holders of the next certificates; the id of the last one, None if there are no more."""
    held, ledger = storage.certificate.c, storage.education_year.c
    running = [status for status in CertificateStatus if status.is_running]
    wanted = (
        select(Certificate, EducationYear)
        .outerjoin(EducationYear, and_(ledger.person_id == held.person_id, ledger.year == year))
        .where(held.id > after, held.status.in_(running), held.valid_until >= date(year, 12, 31))
        .order_by(held.id)
        .limit(AT_ONCE)
    )
    found = session.execute(wanted).all()
    required, short = required_hours(session, year), dict[str, Shortfall]()
    for certificate, taken in found:
        if rules.education_exempt_first_year and certificate.issued_on.year == year:
            continue
        hours, asked = (taken.total_hours, taken.asked(required)) if taken else (0.0, required)
        if hours < asked:
            short[certificate.person_id] = _shortfall(certificate, year, hours, asked, clock.today())
    _announce(session, short, clock)
    return found[-1][0].id if len(found) == AT_ONCE else None


def _shortfall(certificate: Certificate, year: int, hours: float, asked: float, on: date) -> Shortfall:
    of = certificate
    return Shortfall(year_id(of.person_id, year), of.person_id, of.enterprise_id, of.division, year, hours, asked, on)


def _announce(session: Session, short: dict[str, Shortfall], clock: Clock) -> None:
    """Tells each once, also who holds two certificates."""
    column = storage.shortfall.c.id
    ids = [each.id for each in short.values()]
    known = set(session.scalars(select(column).where(column.in_(ids)))) if ids else set()
    for each in short.values():
        if each.id not in known:
            session.add(each)
            outbox.add(session, each, each.forecast(), clock)
