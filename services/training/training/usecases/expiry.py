"""What happens to a certificate on its days: the reminders before its term ends, and the end.

Each is a due row, planned when the term begins, and cancelled when the certificate is renewed or revoked before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import Clock
from chassis.data import insert_all, insert_rows, load_all, update_all
from chassis.errors import NotFound
from chassis.messaging import outbox
from training import storage
from training.domain.certificate import Certificate, Decision, Grounds
from training.domain.rules import Rules
from training.events import CertificateExpired, CertificateExpiring

# The kinds of due row.
REMINDER, END = "certificate.expiring", "certificate.expired"


def plan(session: Session, certificates: Iterable[Certificate], rules: Rules, today: date) -> None:
    """Plans the reminders and the end of the terms that these certificates now have."""
    due.plan_all(session, (row for certificate in certificates for row in _rows(certificate, rules, today)))


def cancel(session: Session, *certificates: Certificate) -> None:
    """Cancels what is still due of the certificates' terms."""
    if certificates:
        due.cancel(session, *map(_series, certificates))


def remind(session: Session, rows: Sequence[due.DueRow], clock: Clock) -> None:
    """Due rows: announces of each certificate that it ends soon, and keeps which event did for which reminder."""
    reminded, announced = list[due.DueRow](), list[tuple[Certificate, CertificateExpiring]]()
    for row, certificate in zip(rows, _certificates(session, rows), strict=True):
        event = certificate.remind(clock.today())
        if event is not None:
            reminded.append(row)
            announced.append((certificate, event))
    event_ids = outbox.add_all(session, announced, clock, own_causes=True)
    update_all(session, [certificate for certificate, _ in announced], "version")
    reminders = [
        {
            "due_key": row.key,
            "certificate_id": event.certificate_id,
            "days_left": row.payload["days_left"],
            "event_id": event_id,
            "on": event.on,
        }
        for row, (_, event), event_id in zip(reminded, announced, event_ids, strict=True)
    ]
    insert_rows(session, storage.expiry_reminder, reminders)


def expire(session: Session, rows: Sequence[due.DueRow], clock: Clock) -> None:
    """Due rows: the terms of these certificates are over."""
    announced = list[tuple[Certificate, CertificateExpired]]()
    for certificate in _certificates(session, rows):
        event = certificate.expire()
        if event is not None:
            announced.append((certificate, event))
    outbox.add_all(session, announced, clock, own_causes=True)
    update_all(session, [certificate for certificate, _ in announced], "version", "status")
    records = [
        certificate.record(event.on, Decision.EXPIRED, Grounds(valid_until=certificate.valid_until))
        for certificate, event in announced
    ]
    insert_all(session, records)


def _certificates(session: Session, rows: Sequence[due.DueRow]) -> list[Certificate]:
    """The certificate of each row, locked; NotFound if one is not there."""
    ids = [row.payload["certificate_id"] for row in rows]
    found = load_all(session, Certificate, ids)
    if found.keys() != set(ids):
        raise NotFound()
    return [found[each] for each in ids]


def _series(certificate: Certificate) -> str:
    """The due rows of one term."""
    return f"{certificate.id}:{certificate.valid_until}"


def _rows(certificate: Certificate, rules: Rules, today: date) -> Iterator[due.Planned]:
    series, payload = _series(certificate), {"certificate_id": certificate.id}
    for days in rules.expiry_notice_days:
        day = certificate.valid_until - timedelta(days=days)
        # A term shorter than a reminder's days has no such reminder.
        if day > today:
            yield due.Planned(REMINDER, series, f"{series}:{days}", day, {**payload, "days_left": days})
    yield due.Planned(END, series, series, certificate.valid_until + timedelta(days=1), payload)
