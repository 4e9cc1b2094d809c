"""Certificates: issue, remind, expire, renew, revoke; and the due rows that make each happen on its day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import Clock
from chassis.errors import StaleVersion
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import scope
from programme.callers import Caller
from training import storage
from training.domain.certificate import Certificate, CertificateStatus, end_of_term
from training.domain.course import Enrolment
from training.domain.numbers import number_of
from training.domain.rules import Rules
from training.usecases import education
from training.usecases.access import load, rules_on, visible

EXPIRING, EXPIRED = "certificate.expiring", "certificate.expired"
PROVINCE_UNIT = "220000"  # for a holder whose division has no reporting unit


def issue_all(session: Session, passed: list[Enrolment], names: dict[str, str], rules: Rules, clock: Clock) -> None:
    """Issues a certificate to each who has passed; numbers follow one another within a year and reporting unit."""
    today = clock.today()
    unit_of = {code: unit for code, unit in session.execute(scope.reporting_units(today))}
    by_unit: dict[str, list[Enrolment]] = defaultdict(list)
    for enrolment in passed:
        by_unit[unit_of.get(enrolment.division, PROVINCE_UNIT)].append(enrolment)
    # In the order of the units, so that two classes that are closed at once can't wait for each other's sequences.
    issued = []
    for unit, enrolments in sorted(by_unit.items()):
        first = _take_numbers(session, today.year, unit, len(enrolments))
        for sequence, enrolment in enumerate(enrolments, first):
            number = number_of(today.year, unit, sequence)
            issued.append(_issue(session, enrolment, number, names[enrolment.person_id], rules, clock))
    # All at once: a large class plans more than a thousand rows, and those of new certificates can't be there yet.
    if issued:
        session.execute(insert(due.due), [row for certificate in issued for row in _due(certificate, rules, today)])


def _issue(session: Session, enrolment: Enrolment, number: str, name: str, rules: Rules, clock: Clock) -> Certificate:
    today = clock.today()
    certificate = Certificate(
        id=new_id(),
        number=number,
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
    _note(session, certificate, today, "issued", {"enrolment_id": enrolment.id})
    return certificate


def renew(session: Session, caller: Caller, certificate_id: str, version: int, clock: Clock) -> Certificate:
    """Renews for another term, if the window is open and the education taken (R34)."""
    today = clock.today()
    certificate = _load(session, caller, certificate_id, version, today)
    rules = rules_on(session, today)
    hours = max(education.hours(session, certificate.person_id, year) for year in (today.year, today.year - 1))
    criteria = certificate.renewal_criteria(today, hours, rules)
    outbox.add(session, certificate, certificate.renew(today, hours, rules), clock)
    _note(session, certificate, today, "renewed", {"criteria": [asdict(criterion) for criterion in criteria]})
    for row in _due(certificate, rules, today):
        due.plan(session, **row)
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
    _note(session, certificate, today, "revoked", content)
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
        _note(session, certificate, event.on, "expired", {"valid_until": certificate.valid_until.isoformat()})


def history(session: Session, certificate_id: str) -> list[CertificateStatus]:
    """What held from which day on, the oldest first."""
    wanted = select(CertificateStatus).where(storage.certificate_status.c.certificate_id == certificate_id)
    return list(session.scalars(wanted.order_by(storage.certificate_status.c.id)))


def _load(session: Session, caller: Caller, certificate_id: str, version: int, today: date) -> Certificate:
    """The certificate, locked for a change that ends its term; what was due of the term is cancelled.

    A sweep locks the due row first and the certificate after it. The same order here keeps the two from waiting for
    each other; whatever the sweep did meanwhile has raised the version.
    """
    where = visible(storage.certificate, caller, today)
    due.cancel(session, _series(load(session, Certificate, certificate_id, where)))
    certificate = load(session, Certificate, certificate_id, where, lock=True)
    if certificate.version != version:
        raise StaleVersion()
    return certificate


def _series(certificate: Certificate) -> str:
    return f"{certificate.id}:{certificate.valid_until}"


def _due(certificate: Certificate, rules: Rules, today: date) -> Iterator[dict[str, Any]]:
    """The due rows of a term: the notices before its end, and the end."""
    series, subject = _series(certificate), {"certificate_id": certificate.id}
    for days in rules.expiry_notice_days:
        day = certificate.valid_until - timedelta(days=days)
        # A term shorter than a notice's days has no such notice.
        if day > today:
            yield {
                "kind": EXPIRING,
                "series": series,
                "key": f"{series}:{days}",
                "due_on": day,
                "payload": {**subject, "days_left": days},
            }
    end = certificate.valid_until + timedelta(days=1)
    yield {"kind": EXPIRED, "series": series, "key": series, "due_on": end, "payload": subject}


def _note(session: Session, certificate: Certificate, on: date, decision: str, grounds: dict[str, Any]) -> None:
    session.add(
        CertificateStatus(
            certificate_id=certificate.id,
            on=on,
            status=certificate.status,
            valid_until=certificate.valid_until,
            decision=decision,
            ruleset=certificate.ruleset,
            grounds=grounds,
        )
    )


def _take_numbers(session: Session, year: int, unit: str, count: int) -> int:
    """Takes `count` numbers of a year and unit, and returns the first; the row stays locked, so none is left out."""
    sequence = storage.certificate_sequence
    taken = (
        upsert(sequence)
        .values(year=year, unit=unit, last=count)
        .on_conflict_do_update(index_elements=["year", "unit"], set_={"last": sequence.c.last + count})
        .returning(sequence.c.last)
    )
    return int(session.execute(taken).scalar_one()) - count + 1
