"""A certificate is suspended for a time and reinstated, or replaced by another of the same term."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import rulesets, scope
from programme.callers import Caller
from training.adapters.numbers import number_of
from training.domain.certificate import Certificate, Decision, Grounds
from training.domain.parties import Person
from training.domain.rules import Rules
from training.usecases import certificates, expiry, parties
from training.usecases.certificates import PROVINCE_UNIT, Reinstate, Revoke


def suspend(
    session: Session, caller: Caller, certificate_id: str, version: int, command: Revoke, clock: Clock
) -> Certificate:
    """Suspends for a reason, on a document. Its reminders and its end stay planned, since its term runs on."""
    today = clock.today()
    certificate = certificates.locked(session, caller, certificate_id, version, today)
    outbox.add(session, certificate, certificate.suspend(today, command.reason, command.document), clock)
    grounds = Grounds(reason=command.reason, document=command.document)
    session.add(certificate.record(today, Decision.SUSPENDED, grounds))
    audit.record(session, caller, "certificate.suspended", certificate.id, asdict(command), clock)
    return certificate


def reinstate(
    session: Session, caller: Caller, certificate_id: str, version: int, command: Reinstate, clock: Clock
) -> Certificate:
    """Ends a suspension, on a document."""
    today = clock.today()
    certificate = certificates.locked(session, caller, certificate_id, version, today)
    outbox.add(session, certificate, certificate.reinstate(today, command.document), clock)
    session.add(certificate.record(today, Decision.REINSTATED, Grounds(document=command.document)))
    audit.record(session, caller, "certificate.reinstated", certificate.id, asdict(command), clock)
    return certificate


def reissue(
    session: Session, caller: Caller, certificate_id: str, version: int, command: Revoke, clock: Clock
) -> Certificate:
    """Issues another certificate of the same term, for one that was lost or has a name or number that is wrong."""
    today = clock.today()
    certificate = certificates.load_and_cancel(session, caller, certificate_id, version, today)
    rules = rulesets.rules_on(session, today, Rules)
    known = parties.people_by_id(session, [certificate.person_id]).get(certificate.person_id)
    name = known.name if known else certificate.name
    firm_id = certificate.enterprise_id
    firm = parties.enterprises_by_id(session, [firm_id]).get(firm_id) if firm_id else None
    holder = Person(certificate.person_id, name, certificate.division, firm_id, firm.name if firm else None)
    unit_of = {row.code: row.unit for row in session.execute(scope.reporting_units(today))}
    unit = unit_of.get(certificate.division, PROVINCE_UNIT)
    number = number_of(today.year, unit, certificates.take_numbers(session, today.year, unit, 1))
    again, event = certificate.reissue(new_id(), number, holder, today, rules)
    session.add(again)
    outbox.add(session, again, event, clock)
    grounds = Grounds(replaces=certificate.id, reason=command.reason, document=command.document)
    session.add(again.record(today, Decision.ISSUED, grounds))
    certificates.replace(session, certificate, again, clock)
    expiry.plan(session, [again], rules, today)
    audit.record(session, caller, "certificate.reissued", again.id, {**asdict(command), "for": certificate.id}, clock)
    return again
