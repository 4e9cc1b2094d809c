"""Certificates: until when each is valid, and what is announced of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import insert_new, insert_rows
from chassis.messaging import Envelope
from notifications.domain.conditions import CertificateState
from notifications.domain.recipients import Mentions
from notifications.domain.rules import Rules
from notifications.handlers import Batch, planning, replanning
from notifications.handlers.announcing import announce
from notifications.handlers.replanning import BEGUN
from notifications.storage import certificate
from programme import rulesets


@dataclass(frozen=True, kw_only=True)
class OfCertificate:
    certificate_id: str
    number: str
    person_id: str
    enterprise_id: str | None = None

    @property
    def mentions(self) -> Mentions:
        return Mentions(person_id=self.person_id, enterprise_id=self.enterprise_id, concerns_present_employer=True)


@dataclass(frozen=True, kw_only=True)
class CertificateIssued(OfCertificate):
    issued_on: date
    valid_from: date
    valid_until: date


@dataclass(frozen=True, kw_only=True)
class CertificateExpiring(OfCertificate):
    valid_until: date
    days_left: int
    on: date


@dataclass(frozen=True, kw_only=True)
class CertificateRenewed(OfCertificate):
    on: date
    previous_valid_until: date
    valid_until: date


@dataclass(frozen=True, kw_only=True)
class CertificateExpired(OfCertificate):
    on: date


@dataclass(frozen=True, kw_only=True)
class CertificateRevoked(OfCertificate):
    on: date
    reason: str
    document: str


@dataclass(frozen=True, kw_only=True)
class CertificateSuspended(OfCertificate):
    on: date
    reason: str
    document: str


@dataclass(frozen=True, kw_only=True)
class CertificateReinstated(OfCertificate):
    on: date
    valid_until: date
    document: str


@dataclass(frozen=True, kw_only=True)
class CertificateReplaced(OfCertificate):
    on: date
    replaced_by_number: str


Fact: TypeAlias = Envelope[Any]  # Any: the record of one of the events about certificates
CertificateT = TypeVar("CertificateT", bound=OfCertificate)
ENTER_ANEW = """
ON CONFLICT (id) DO UPDATE SET number = excluded.number, person_id = excluded.person_id,
    enterprise_id = excluded.enterprise_id, valid_until = excluded.valid_until, state = excluded.state,
    valid_from = coalesce(certificate.valid_from, excluded.valid_from)
"""
END = update(certificate).where(certificate.c.id == bindparam("of")).values(state=bindparam("now"))
# What the certificate is after the event; after all others it is valid.
ENDED_BY = {
    "certificate.expired.v1": CertificateState.EXPIRED,
    "certificate.revoked.v1": CertificateState.REVOKED,
    "certificate.suspended.v1": CertificateState.SUSPENDED,
    "certificate.replaced.v1": CertificateState.REPLACED,
}


def begun(session: Session, events: Batch[CertificateT], clock: Clock) -> None:
    """Certificates were issued, renewed or reinstated: they are valid until a day, before which reminders are due."""
    _enter(session, events)
    announce(session, events, clock)


def ended(session: Session, events: Batch[CertificateT], clock: Clock) -> None:
    """Certificates are no longer valid; nobody is reminded of their end any more."""
    _end(session, events)
    rules = rulesets.rules_on(session, clock.today(), Rules)
    reminders = [rule for rule in rules.planning if replanning.reminds_of_certificates(rule)]
    planning.cancel(session, [planning.series(rule.key, event.aggregate) for event in events for rule in reminders])
    announce(session, events, clock)


def expiring(session: Session, events: Batch[CertificateExpiring], clock: Clock) -> None:
    """Training reminds of certificates. The reminders here are due by this service's own rules and facts.

    One that is not known here was issued before it kept them: it is kept from now on, and its reminders are planned,
    with those that are due today.
    """
    rows = {event.subject: _row(event, event.data.valid_until) for event in events}
    new = insert_new(session, certificate, list(rows.values()))
    unknown = [event for event in events if event.subject in new]
    if unknown:
        rules = rulesets.rules_on(session, clock.today(), Rules)
        after = min(event.data.on for event in unknown) - timedelta(days=1)
        replanning.plan_certificates(session, [rows[event.subject] for event in unknown], rules, after)


def keep_anew(session: Session, events: Sequence[Envelope[OfCertificate]]) -> None:
    """Keeps a certificate as `events`, all that hold of it, say; nobody is told again."""
    for event in events:
        if event.type in BEGUN:
            _enter(session, [event])
        elif event.type in ENDED_BY:
            _end(session, [event])


def _enter(session: Session, events: Sequence[Fact]) -> None:
    last = {event.subject: _row(event, event.data.valid_until) for event in events}
    insert_rows(session, certificate, [last[each] for each in sorted(last)], ENTER_ANEW)


def _end(session: Session, events: Sequence[Fact]) -> None:
    session.execute(END, [{"of": event.subject, "now": ENDED_BY[event.type]} for event in events])


def _row(event: Fact, valid_until: date) -> dict[str, object]:
    data = event.data
    return {
        "id": data.certificate_id,
        "number": data.number,
        "person_id": data.person_id,
        "enterprise_id": data.enterprise_id,
        "valid_from": getattr(data, "valid_from", None),
        "valid_until": valid_until,
        "state": CertificateState.VALID,
    }
