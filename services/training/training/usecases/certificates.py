"""Certificates: issue, renew, revoke."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import check_version, load
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import rulesets, scope
from programme.callers import Caller
from training import storage
from training.adapters.numbers import number_of
from training.domain.certificate import (
    Certificate,
    CertificateStatus,
    Decision,
    Grounds,
    StatusRecord,
    ended_suspended,
    term_began,
)
from training.domain.certificate_refusals import EndedSuspended
from training.domain.education import YearTaken, years_of_duty
from training.domain.enrolment import Enrolment
from training.domain.parties import Person
from training.domain.rules import Rules, SecondCertificate
from training.usecases import education, expiry
from training.usecases.access import visible

PROVINCE_UNIT = "220000"  # for a holder whose division has no reporting unit


@dataclass(frozen=True)
class Revoke:
    """Why a certificate is revoked, suspended or replaced by another, and on which document."""

    reason: str
    document: str


@dataclass(frozen=True)
class Reinstate:
    """On which document a suspended certificate is reinstated."""

    document: str


def issue_all(
    session: Session, passed: Sequence[Enrolment], holders: Mapping[str, Person], rules: Rules, clock: Clock
) -> None:
    """Issues a certificate to each who has passed; numbers follow one another within a year and reporting unit.

    It takes the place of an older one, also of one that has expired and could still be renewed: nobody holds two.
    """
    today = clock.today()
    older = _older_of(session, [enrolment.person_id for enrolment in passed], rules, today)
    # Some have got or renewed one since they were nominated, and keep it.
    passed = [each for each in passed if not _is_kept(older[each.person_id], rules, today)]
    unit_of = {row.code: row.unit for row in session.execute(scope.reporting_units(today))}
    by_unit: dict[str, list[Enrolment]] = defaultdict(list)
    for enrolment in passed:
        by_unit[unit_of.get(holders[enrolment.person_id].division, PROVINCE_UNIT)].append(enrolment)
    # In the order of the units, so that two classes that are closed at once can't wait for each other's sequences.
    issued = []
    for unit, enrolments in sorted(by_unit.items()):
        first = take_numbers(session, today.year, unit, len(enrolments))
        for sequence, enrolment in enumerate(enrolments, first):
            number = number_of(today.year, unit, sequence)
            issued.append(_issue(session, enrolment, number, holders[enrolment.person_id], rules, clock))
            for held in older[enrolment.person_id]:
                replace(session, held, issued[-1], clock)
    # All at once: a large class plans more than a thousand rows.
    expiry.plan(session, issued, rules, today)


def _issue(
    session: Session, enrolment: Enrolment, number: str, holder: Person, rules: Rules, clock: Clock
) -> Certificate:
    today = clock.today()
    certificate, event = Certificate.issue(new_id(), number, holder, enrolment, today, rules)
    session.add(certificate)
    outbox.add(session, certificate, event, clock)
    session.add(certificate.record(today, Decision.ISSUED, Grounds(enrolment_id=enrolment.id)))
    return certificate


def replace(session: Session, held: Certificate, by: Certificate, clock: Clock) -> None:
    outbox.add(session, held, held.replace(by, clock.today()), clock)
    session.add(held.record(clock.today(), Decision.REPLACED, Grounds(replaced_by=by.id)))


def held(session: Session, person_ids: Iterable[str], lock: bool = False) -> Sequence[Certificate]:
    """The certificates of these people that are neither revoked nor replaced, in the order of their ids."""
    column = storage.certificate.c
    ended = (CertificateStatus.REVOKED, CertificateStatus.REPLACED)
    of_people = column.person_id.in_(set(person_ids)), column.status.not_in(ended)
    wanted = select(Certificate).where(*of_people).order_by(column.id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return session.scalars(wanted).all()


def _is_kept(older: Sequence[Certificate], rules: Rules, today: date) -> bool:
    """Whether somebody keeps one of these, and gets no other: it holds, by the rule set, or it is suspended."""
    refuses = rules.second_certificate == SecondCertificate.REFUSE
    return any(each.status == CertificateStatus.SUSPENDED or (refuses and each.holds(today)) for each in older)


def _older_of(session: Session, person_ids: Sequence[str], rules: Rules, today: date) -> dict[str, list[Certificate]]:
    """The certificates that these people have had until now, locked, by person; nothing is due any more of those that
    are to be replaced.

    Due rows before certificates, as in `load_and_cancel`. What was renewed in between has due rows of its new term.
    """
    seen = _by_person(held(session, person_ids))
    expiry.cancel(session, *(each for of in seen.values() if not _is_kept(of, rules, today) for each in of))
    return _by_person(held(session, person_ids, lock=True))


def _by_person(certificates: Iterable[Certificate]) -> dict[str, list[Certificate]]:
    found: dict[str, list[Certificate]] = defaultdict(list)
    for certificate in certificates:
        found[certificate.person_id].append(certificate)
    return found


def renew(session: Session, caller: Caller, certificate_id: str, version: int, clock: Clock) -> Certificate:
    """Renews for another term, if the window is open and the education taken (R34)."""
    today = clock.today()
    certificate = load_and_cancel(session, caller, certificate_id, version, today)
    rules = rulesets.rules_on(session, today, Rules)
    history = _history(session, certificate.id)
    if ended_suspended(history):
        raise EndedSuspended()
    years = _years_of_term(session, certificate, history, rules)
    criteria = tuple(certificate.renewal_criteria(today, years, rules))
    outbox.add(session, certificate, certificate.renew(today, years, rules), clock)
    session.add(certificate.record(today, Decision.RENEWED, Grounds(criteria=criteria)))
    expiry.plan(session, [certificate], rules, today)
    audit.record(
        session, caller, "certificate.renewed", certificate.id, {"until": certificate.valid_until.isoformat()}, clock
    )
    return certificate


def revoke(
    session: Session, caller: Caller, certificate_id: str, version: int, command: Revoke, clock: Clock
) -> Certificate:
    """Revokes for a reason, on a document; what was still due of it is cancelled."""
    today = clock.today()
    certificate = load_and_cancel(session, caller, certificate_id, version, today)
    outbox.add(session, certificate, certificate.revoke(today, command.reason, command.document), clock)
    grounds = Grounds(reason=command.reason, document=command.document)
    session.add(certificate.record(today, Decision.REVOKED, grounds))
    audit.record(session, caller, "certificate.revoked", certificate.id, asdict(command), clock)
    return certificate


def revoke_of_enrolment(session: Session, enrolment: Enrolment, reason: str, document: str, clock: Clock) -> None:
    """Revokes the certificate that an enrolment has brought, if there is one: its outcome was corrected."""
    today, record = clock.today(), storage.certificate_status.c
    for found in held(session, [enrolment.person_id]):
        grounds = session.scalars(
            select(StatusRecord).where(record.certificate_id == found.id).order_by(record.id).limit(1)
        ).one()
        if grounds.grounds.enrolment_id != enrolment.id:
            continue
        expiry.cancel(session, found)
        certificate = load(session, Certificate, found.id, lock=True)
        outbox.add(session, certificate, certificate.revoke(today, reason, document), clock)
        session.add(certificate.record(today, Decision.REVOKED, Grounds(reason=reason, document=document)))


def locked(session: Session, caller: Caller, certificate_id: str, version: int, today: date) -> Certificate:
    """The certificate, locked for a change that leaves its term as it is."""
    certificate = load(session, Certificate, certificate_id, visible(storage.certificate, caller, today), lock=True)
    check_version(certificate, version)
    return certificate


def load_and_cancel(session: Session, caller: Caller, certificate_id: str, version: int, today: date) -> Certificate:
    """The certificate, locked for a change that ends its term; what was due of the term is cancelled.

    A sweep locks the due row first and the certificate after it. The same order here keeps the two from waiting for
    each other; whatever the sweep did meanwhile has raised the version.
    """
    where = visible(storage.certificate, caller, today)
    expiry.cancel(session, load(session, Certificate, certificate_id, where))
    certificate = load(session, Certificate, certificate_id, where, lock=True)
    check_version(certificate, version)
    return certificate


def _years_of_term(
    session: Session, certificate: Certificate, history: Sequence[StatusRecord], rules: Rules
) -> list[YearTaken]:
    """The years of the certificate's term that ask for education, with what was taken in each."""
    began, is_first = term_began(history)
    years = years_of_duty(began, certificate.valid_until, is_first, rules)
    return education.years_taken(session, certificate.person_id, years)


def _history(session: Session, certificate_id: str) -> list[StatusRecord]:
    """What has held of a certificate, and before it of the one in whose place it was issued, the oldest first."""
    column = storage.certificate_status.c
    wanted = select(StatusRecord).where(column.certificate_id == certificate_id).order_by(column.id)
    records = list(session.scalars(wanted))
    replaced = records[0].grounds.replaces
    return records if replaced is None else [*_history(session, replaced), *records]


def take_numbers(session: Session, year: int, unit: str, count: int) -> int:
    """Takes `count` numbers of a year and unit, and returns the first; the row stays locked, so none is left out."""
    sequence = storage.certificate_sequence
    taken = (
        insert(sequence)
        .values(year=year, unit=unit, last=count)
        .on_conflict_do_update(index_elements=["year", "unit"], set_={"last": sequence.c.last + count})
        .returning(sequence.c.last)
    )
    return int(session.execute(taken).scalar_one()) - count + 1
