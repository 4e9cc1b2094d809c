"""What is told of a year's continuing education without being asked (R34).

On a day of the rule set, by default 1 October, who is going to miss hours is told, while there is time to take them.
After the year's end, who has missed them is announced. Both go through the certificates some at a time: each step is
a due row that plans the next one, and the last one plans that of the next year.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import lateral, select, true
from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import Clock
from chassis.data import insert_all, update_all
from chassis.messaging import outbox
from programme import rulesets
from training import storage
from training.domain.certificate import Certificate, CertificateStatus
from training.domain.education import Shortfall, year_id
from training.domain.rules import Rules
from training.usecases import ledger

FORECAST, BEHIND = "education.forecast", "education.behind"  # the kinds of due row
AT_ONCE = 2000
RUNNING = [status for status in CertificateStatus if status.is_running]


def forecast(session: Session, rows: Sequence[due.DueRow], clock: Clock) -> None:
    """Due rows: the next certificates of a year's forecast. A year that is over is past telling."""
    for row in rows:  # one: a step plans the next
        today, year = clock.today(), row.payload["year"]
        rules = rulesets.rules_on(session, today, Rules)
        if today.year > year:
            year, last = today.year, ""
        else:
            found = _running(session, year, row.payload["after"])
            _tell(session, _of_duty(found, year, rules), year, clock)
            year, last = _further(year, found)
        day = date(year, rules.education_forecast_month, rules.education_forecast_day)
        _plan(session, FORECAST, year, last, day)


def announce_behind(session: Session, rows: Sequence[due.DueRow], clock: Clock) -> None:
    """Due rows: the next certificates of a year that has ended. However late it is done, no year is left out."""
    for row in rows:  # one: a step plans the next
        year, last = row.payload["year"], row.payload["after"]
        rules = rulesets.rules_on(session, date(year, 12, 31), Rules)
        # A rule set that was published since may give more time.
        if clock.today() >= _closes(year, rules):
            found = _held_at_end(session, year, last)
            _announce_behind(session, _of_duty(found, year, rules), year, clock)
            year, last = _further(year, found)
        _plan(session, BEHIND, year, last, _closes(year, rules))


def _closes(year: int, rules: Rules) -> date:
    return date(year + 1, 1, 1) + timedelta(days=rules.education_close_days)


def _further(year: int, found: Sequence[Certificate]) -> tuple[int, str]:
    """Where the next step begins: after the last of these, or with the next year."""
    return (year, found[-1].id) if len(found) == AT_ONCE else (year + 1, "")


def _plan(session: Session, kind: str, year: int, after: str, day: date) -> None:
    due.plan(session, kind, f"{year}", f"{year}:{after}", day, {"year": year, "after": after})


def _running(session: Session, year: int, after: str) -> Sequence[Certificate]:
    """The next certificates that run until the year's end at least."""
    held = storage.certificate.c
    wanted = select(Certificate).where(held.id > after, held.status.in_(RUNNING))
    return session.scalars(wanted.where(held.valid_until >= date(year, 12, 31)).order_by(held.id).limit(AT_ONCE)).all()


def _held_at_end(session: Session, year: int, after: str) -> Sequence[Certificate]:
    """The next certificates that ran at the year's end, whatever has become of them since."""
    held, record, end = storage.certificate.c, storage.certificate_status.c, date(year, 12, 31)
    then = lateral(
        select(record.status, record.valid_until)
        .where(record.certificate_id == held.id, record.on <= end)
        .order_by(record.on.desc(), record.id.desc())
        .limit(1)
    )
    wanted = select(Certificate).join(then, true()).where(then.c.status.in_(RUNNING), then.c.valid_until >= end)
    # What ended before can't have run until then; that spares a look at its history.
    wanted = wanted.where(held.id > after, held.valid_until >= end)
    return session.scalars(wanted.order_by(held.id).limit(AT_ONCE)).all()


def _of_duty(found: Sequence[Certificate], year: int, rules: Rules) -> dict[str, Certificate]:
    """Those whose holders must take hours in that year, by person; who holds two stands there once."""
    exempt = year if rules.education_exempt_first_year else None
    return {each.person_id: each for each in found if each.valid_from.year != exempt}


def _tell(session: Session, holders: dict[str, Certificate], year: int, clock: Clock) -> None:
    known = ledger.read(session, [(person, year) for person in holders])
    told = _told(session, [year_id(person, year) for person in holders])
    short = list[Shortfall]()
    for person, of in holders.items():
        stands, key = known.stands(person, year), year_id(person, year)
        if not stands.is_enough and key not in told:
            hours, asked, today = stands.hours, stands.required, clock.today()
            short.append(Shortfall(key, person, of.enterprise_id, of.division, year, hours, asked, today))
    outbox.add_all(session, [(each, each.forecast()) for each in short], clock)
    insert_all(session, short)


def _told(session: Session, ids: Sequence[str]) -> set[str]:
    column = storage.shortfall.c.id
    return set(session.scalars(select(column).where(column.in_(ids)))) if ids else set()


def _announce_behind(session: Session, holders: dict[str, Certificate], year: int, clock: Clock) -> None:
    seen = ledger.read(session, [(person, year) for person in holders])
    short = {person: of for person, of in holders.items() if not seen.stands(person, year).is_enough}
    # Only of those is the year locked, and made where there is none; what was entered since counts.
    known = ledger.lock(session, [(person, year) for person in short], {p: of.division for p, of in short.items()})
    announced = []
    for person, of in short.items():
        of_year = known.years[year_id(person, year)]
        event = of_year.fall_behind(known.stands(person, year), of.enterprise_id, clock.today())
        if event is not None:
            session.expunge(of_year)
            of_year.division = of.division
            announced.append((of_year, event))
    outbox.add_all(session, announced, clock)
    update_all(session, [of_year for of_year, _ in announced], "version", "behind_on", "division")
