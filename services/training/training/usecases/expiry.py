"""What happens to a certificate on its days: the reminders before its term ends, and the end.

Each is a due row, planned when the term begins, and cancelled when the certificate is renewed or revoked before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import Clock
from chassis.data import load
from chassis.messaging import outbox
from training import storage
from training.domain.certificate import Certificate, Decision, Grounds
from training.domain.rules import Rules

# The kinds of due row.
REMINDER, END = "certificate.expiring", "certificate.expired"

INSERT_REMINDER = insert(storage.expiry_reminder)


def plan(session: Session, certificates: Iterable[Certificate], rules: Rules, today: date) -> None:
    """Plans the reminders and the end of the terms that these certificates now have."""
    due.plan_all(session, (row for certificate in certificates for row in _rows(certificate, rules, today)))


def cancel(session: Session, certificate: Certificate) -> None:
    """Cancels what is still due of the certificate's term."""
    due.cancel(session, _series(certificate))


def remind(session: Session, row: due.DueRow, clock: Clock) -> None:
    """A due row: announces that the certificate ends in so many days, and keeps which event did."""
    certificate = load(session, Certificate, row.payload["certificate_id"], lock=True)
    event = certificate.remind(row.payload["days_left"], clock.today())
    if event is not None:
        event_id = outbox.add(session, certificate, event, clock)
        session.execute(
            INSERT_REMINDER,
            {
                "due_key": row.key,
                "certificate_id": certificate.id,
                "days_left": event.days_left,
                "event_id": event_id,
                "on": event.on,
            },
        )


def expire(session: Session, row: due.DueRow, clock: Clock) -> None:
    """A due row: the certificate's term is over."""
    certificate = load(session, Certificate, row.payload["certificate_id"], lock=True)
    event = certificate.expire()
    if event is not None:
        outbox.add(session, certificate, event, clock)
        session.add(certificate.record(event.on, Decision.EXPIRED, Grounds(valid_until=certificate.valid_until)))


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
