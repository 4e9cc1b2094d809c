"""Certificates: issue, remind, expire, renew, revoke; and the due rows that make each happen on its day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from chassis import audit, due, outbox, scope
from chassis.auth import Caller
from chassis.clock import Clock
from chassis.errors import StaleVersion
from chassis.ids import new_id
from training import storage
from training.domain.certificate import Certificate, CertificateStatus, end_of_term
from training.domain.course import Enrolment
from training.domain.numbers import number_of
from training.domain.rules import Rules
from training.usecases import education
from training.usecases.access import load, rules_on, visible

EXPIRING, EXPIRED = "certificate.expiring", "certificate.expired"
PROVINCE_UNIT = "220000"  # for a holder whose division has no reporting unit


def units(session: Session, on: date) -> dict[str, str]:
    """Each division's reporting unit on that day."""
    return dict(session.execute(scope.reporting_units(on)).all())


def issue(
    session: Session, enrolment: Enrolment, name: str, rules: Rules, units: dict[str, str], clock: Clock
) -> Certificate:
    """Issues a certificate to who has passed; plans its notices and its end."""
    today = clock.today()
    unit = units.get(enrolment.division, PROVINCE_UNIT)
    certificate = Certificate(
        id=new_id(),
        number=number_of(today.year, unit, _next_in_sequence(session, today.year, unit)),
        person_id=enrolment.person_id,
        name=name,
        enterprise_id=enrolment.enterprise_id,
        division=enrolment.division,
        issued_on=today,
        valid_from=today,
        valid_until=end_of_term(today, rules.certificate_months),
        ruleset=rules.version,
    )
    session.add(certificate)
    outbox.add(session, certificate, certificate.issue(), clock)
    _note(session, certificate, today)
    _plan(session, certificate, rules)
    return certificate


def renew(session: Session, caller: Caller, certificate_id: str, version: int, clock: Clock) -> Certificate:
    """Renews for another term, if the window is open and the education taken (R34)."""
    today = clock.today()
    certificate = _load(session, caller, certificate_id, version, today)
    rules = rules_on(session, today)
    hours = max(education.hours(session, certificate.person_id, year) for year in (today.year, today.year - 1))
    ended = _series(certificate)
    outbox.add(session, certificate, certificate.renew(today, hours, rules), clock)
    due.cancel(session, ended)
    _note(session, certificate, today)
    _plan(session, certificate, rules)
    audit.record(session, caller, "certificate.renewed", certificate.id, {"until": certificate.valid_until}, clock)
    return certificate


def revoke(
    session: Session, caller: Caller, certificate_id: str, version: int, content: dict[str, str], clock: Clock
) -> Certificate:
    """Revokes for a reason, on a document; what was still due of it is cancelled."""
    today = clock.today()
    certificate = _load(session, caller, certificate_id, version, today)
    event = certificate.revoke(today, content["reason"], content["document"])
    outbox.add(session, certificate, event, clock)
    due.cancel(session, _series(certificate))
    _note(session, certificate, today)
    audit.record(session, caller, "certificate.revoked", certificate.id, content, clock)
    return certificate


def remind(session: Session, row: Any, clock: Clock) -> None:
    """A due row: announces that the certificate ends in so many days, and keeps which event did."""
    certificate = load(session, Certificate, row.payload["certificate_id"], lock=True)
    event = certificate.remind(row.payload["days_left"], clock.today())
    if event is not None:
        event_id = outbox.add(session, certificate, event, clock)
        session.execute(
            insert(storage.expiry_notice).values(
                due_key=row.key,
                certificate_id=certificate.id,
                days_left=event.days_left,
                event_id=event_id,
                on=event.on,
            )
        )


def expire(session: Session, row: Any, clock: Clock) -> None:
    """A due row: the certificate's term is over."""
    certificate = load(session, Certificate, row.payload["certificate_id"], lock=True)
    event = certificate.expire()
    if event is not None:
        outbox.add(session, certificate, event, clock)
        _note(session, certificate, event.on)


def _load(session: Session, caller: Caller, certificate_id: str, version: int, today: date) -> Certificate:
    where = visible(storage.certificate, caller, today)
    certificate = load(session, Certificate, certificate_id, where, lock=True)
    if certificate.version != version:
        raise StaleVersion()
    return certificate


def _series(certificate: Certificate) -> str:
    return f"{certificate.id}:{certificate.valid_until}"


def _plan(session: Session, certificate: Certificate, rules: Rules) -> None:
    series = _series(certificate)
    for days in rules.expiry_notice_days:
        day = certificate.valid_until - timedelta(days=days)
        payload = {"certificate_id": certificate.id, "days_left": days}
        due.plan(session, EXPIRING, series, f"{series}:{days}", day, payload)
    due.plan(
        session, EXPIRED, series, series, certificate.valid_until + timedelta(days=1), {"certificate_id": certificate.id}
    )


def _note(session: Session, certificate: Certificate, on: date) -> None:
    session.add(CertificateStatus(certificate.id, on, certificate.status, certificate.valid_until))


def _next_in_sequence(session: Session, year: int, unit: str) -> int:
    sequence = storage.certificate_sequence
    first = upsert(sequence).values(year=year, unit=unit, last=1)
    counted = first.on_conflict_do_update(
        index_elements=["year", "unit"], set_={"last": sequence.c.last + 1}
    ).returning(sequence.c.last)
    return int(session.execute(counted).scalar_one())


def history(session: Session, certificate_id: str) -> list[CertificateStatus]:
    """What held from which day on, the oldest first."""
    wanted = select(CertificateStatus).where(storage.certificate_status.c.certificate_id == certificate_id)
    return list(session.scalars(wanted.order_by(storage.certificate_status.c.id)))
