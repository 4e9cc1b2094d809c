"""What a certificate's PDF and QR code say, and the status lists as they were signed last."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.errors import CqoError, NotFound
from programme.callers import Caller
from programme.statements import Statement
from training import storage
from training.adapters import numbers
from training.domain.certificate import Certificate, Decision
from training.usecases.access import visible

HELD, RECORD, LIST = storage.certificate.c, storage.certificate_status.c, storage.status_list.c
RENEWALS = (
    select(func.count())
    .where(RECORD.certificate_id == HELD.id, RECORD.decision == Decision.RENEWED)
    .scalar_subquery()
    .label("renewals")
)
PRINTED = select(Certificate, HELD.status_index, RENEWALS)


class ListNotReady(CqoError):
    """The status list is being made for the first time; ask again in a minute."""

    status = 503
    zh = "状态列表正在首次生成，请一分钟后再试。"


@dataclass(frozen=True)
class StatusListQuery:
    """Which status list is asked for."""

    part: int = 0


@dataclass(frozen=True)
class SignedList:
    """A status list, None where the caller has it, and its tag: the same as long as the list is."""

    signed: str | None
    tag: str


def statement_of(session: Session, caller: Caller, certificate_id: str, issuer: str, today: date) -> Statement:
    """What a certificate says of itself; refused where it does not hold now, and not by its term alone.

    Raises NotFound if the caller may not see it; IsRevoked, IsReplaced, IsSuspended.
    """
    where = HELD.id == certificate_id, visible(storage.certificate, caller, today)
    row = session.execute(PRINTED.where(*where)).one_or_none()
    if row is None:
        raise NotFound()
    found, index, renewals = row
    found.require_not_withdrawn()
    return Statement(
        issuer=issuer,
        number=found.number,
        name=found.name,
        enterprise=found.enterprise_name,
        unit=numbers.unit_of(found.number),
        issued_on=found.issued_on,
        valid_from=found.valid_from,
        valid_until=found.valid_until,
        ruleset=found.ruleset,
        edition=renewals + 1,
        index=index,
    )


def status_list(session: Session, part: int, known: frozenset[str]) -> SignedList:
    """The list as it was signed last; raises NotFound if there is none, ListNotReady if it was never signed.

    `known`: tags of lists that the caller has. One of them is not read again.
    """
    signed_at = session.execute(select(LIST.signed_at).where(LIST.part == part)).scalar_one_or_none()
    if signed_at is None and part > 0:
        raise NotFound()
    if signed_at is None:
        raise ListNotReady()
    if (tag := _tag(part, signed_at)) in known:
        return SignedList(None, tag)
    signed, signed_at = session.execute(select(LIST.signed, LIST.signed_at).where(LIST.part == part)).one()
    return SignedList(signed, _tag(part, signed_at))


def _tag(part: int, signed_at: datetime) -> str:
    return hashlib.sha256(f"{part}:{signed_at.isoformat()}".encode()).hexdigest()[:16]
