"""Certificates as they stood on a day, from their dated history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, case, literal, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from chassis.errors import NotFound
from chassis.http import Page, PageArguments, paginate
from programme import scope
from programme.callers import Caller
from training import storage
from training.adapters import numbers
from training.domain.certificate import CertificateStatus, StatusRecord
from training.usecases.access import visible

# What is known of an end only once it has come: the columns that go with a status.
ENDED = {
    "revoked_reason": CertificateStatus.REVOKED,
    "revoked_document": CertificateStatus.REVOKED,
    "replaced_by": CertificateStatus.REPLACED,
}

ONLY_PRINTED = ("enterprise_name", "status_index")


@dataclass(frozen=True)
class CertificateFilters:
    """Which certificates are asked for, as of which day; None leaves a filter out."""

    status: CertificateStatus | None = None
    person_id: str | None = None
    enterprise_id: str | None = None
    number: str | None = None
    ends_by: date | None = None
    on: date | None = None  # today if left out


@dataclass(frozen=True)
class AsOf:
    """The day as of which a certificate is asked for; today if left out."""

    on: date | None = None


@dataclass(frozen=True)
class VerificationQuery:
    """The certificate that somebody holds in their hand: its number, and the name on it.

    Numbers are counted, so that the next one can be guessed. Both together can't: who counts learns nothing.
    """

    number: str
    name: str


@dataclass(frozen=True)
class PageQuery:
    """What the page of verification is asked: nothing at first, then number and name, or what a QR code holds."""

    number: str | None = None
    name: str | None = None
    token: str | None = None


@dataclass(frozen=True)
class CertificateAsOf:
    """A certificate as it stood on a day."""

    id: str
    version: int
    division: str
    number: str
    person_id: str
    name: str
    enterprise_id: str | None
    issued_on: date
    valid_from: date
    valid_until: date
    ruleset: int
    status: CertificateStatus
    revoked_reason: str | None
    revoked_document: str | None
    replaced_by: str | None


@dataclass(frozen=True)
class CertificateWithHistory(CertificateAsOf):
    """The same with its history until that day, the oldest record first."""

    history: Sequence[StatusRecord]


def list_certificates(
    session: Session, caller: Caller, filters: CertificateFilters, today: date, page: PageArguments
) -> Page:
    """Certificates as they stood on a day; the page's items are CertificateAsOf."""
    column, on = storage.certificate.c, filters.on or today
    wanted, held = _as_of(on)
    codes, seen = None, visible(storage.certificate, caller, today)
    if filters.status == CertificateStatus.EXPIRED and on >= today:
        # What a certificate says of its end holds today. An index of a division passes over those that have not ended.
        wanted = wanted.where(column.valid_until < on)
        if (codes := scope.each_below(caller, today)) is not None:
            seen = column.division == codes.c.code
    wanted = wanted.where(seen)
    if filters.status is not None:
        wanted = wanted.where(held.c.status == filters.status)
    if filters.status in ENDED.values():
        # Few ever are; whichever is now has a record that says so.
        record = storage.certificate_status.c
        wanted = wanted.where(column.id.in_(select(record.certificate_id).where(record.status == filters.status)))
    if filters.ends_by is not None:
        wanted = wanted.where(held.c.valid_until <= filters.ends_by)
    if filters.person_id is not None:
        wanted = wanted.where(column.person_id == filters.person_id)
    if filters.enterprise_id is not None:
        wanted = wanted.where(column.enterprise_id == filters.enterprise_id)
    if filters.number is not None:
        wanted = wanted.where(column.number == filters.number)
    found = paginate(session, wanted, [column.id], page, each_of=codes)
    return replace(found, items=[CertificateAsOf(**row) for row in found.items])


def get_certificate(
    session: Session, caller: Caller, certificate_id: str, on: date | None, today: date
) -> CertificateWithHistory:
    """A certificate as it stood on a day, today if none is named; NotFound if the caller may not see it."""
    as_of = on or today
    wanted, _ = _as_of(as_of)
    where = (storage.certificate.c.id == certificate_id, visible(storage.certificate, caller, today))
    found = session.execute(wanted.where(*where)).mappings().one_or_none()
    if found is None:
        raise NotFound()
    history = [record for record in _history(session, certificate_id) if record.on <= as_of]
    return CertificateWithHistory(**found, history=history)


def find_genuine(session: Session, asked: VerificationQuery, today: date) -> CertificateAsOf | None:
    """The certificate of that number, if it bears that name; else None."""
    if not numbers.is_valid(asked.number):
        return None
    wanted, _ = _as_of(today)
    is_meant = storage.certificate.c.number == asked.number, storage.certificate.c.name == asked.name
    found = session.execute(wanted.where(*is_meant)).mappings().one_or_none()
    return None if found is None else CertificateAsOf(**found)


def _history(session: Session, certificate_id: str) -> Sequence[StatusRecord]:
    """What held from which day on, the oldest first."""
    column = storage.certificate_status.c
    return session.scalars(
        select(StatusRecord).where(column.certificate_id == certificate_id).order_by(column.id)
    ).all()


def _as_of(on: date) -> tuple[Select[*tuple[Any, ...]], LateralFromClause]:  # Any: a column of each type
    """Certificates that existed on a day, as they stood then; and what held of each, for further conditions."""
    held, table = _held(on), storage.certificate
    left_out = ("status", "valid_until", *ENDED, *ONLY_PRINTED)
    columns = [column for column in table.c if column.name not in left_out]
    ends = [case((held.c.status == status, table.c[name])).label(name) for name, status in ENDED.items()]
    return select(*columns, *ends, held.c.status, held.c.valid_until).join_from(table, held, true()), held


def _held(on: date) -> LateralFromClause:
    """What held of each certificate on a day, from the dated history.

    Later records of one day replace earlier ones. A term that had ended counts as expired from its first day without
    validity, also while the sweep that announces it is behind.
    """
    record = storage.certificate_status.c
    running = [status for status in CertificateStatus if status.is_running]
    ended = and_(record.status.in_(running), record.valid_until < on)
    expired = literal(CertificateStatus.EXPIRED, record.status.type)
    return (
        select(case((ended, expired), else_=record.status).label("status"), record.valid_until)
        .where(record.certificate_id == storage.certificate.c.id, record.on <= on)
        .order_by(record.on.desc(), record.id.desc())
        .limit(1)
        .lateral("held")
    )
