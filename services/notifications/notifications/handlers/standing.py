"""Whether what notices tell still stands: the facts that their conditions are about, read for many at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, Date, Row, Select, Text, bindparam, func, or_, select
from sqlalchemy.orm import Session

from notifications.domain.conditions import CONDITIONS, Certificate, Facts, Matter, MatterKind, matter_subject
from notifications.storage import appointment, certificate, matter

IDS = bindparam("ids", type_=ARRAY(Text))
CERTIFICATES = select(certificate.c.id, certificate.c.valid_until, certificate.c.state).where(
    certificate.c.id == func.any(IDS)
)
# Every kind is named, for the key begins with it: by subjects alone all of the index would be read.
MATTERS = select(matter.c.kind, matter.c.subject, matter.c.opened_on, matter.c.closed_on).where(
    matter.c.kind.in_(list(map(str, MatterKind))), matter.c.subject == func.any(IDS)
)
FILLED = select(appointment.c.post_id).where(
    appointment.c.post_id == func.any(IDS),
    or_(appointment.c.ended_on.is_(None), appointment.c.ended_on >= bindparam("on", type_=Date)),
)


class Claim(NamedTuple):
    """What a notice tells, and the condition under which it stands; None where it stands whatever happens."""

    condition: str | None
    subject: str
    data: Mapping[str, object]


def reasons_against(session: Session, claims: Collection[Claim], on: date) -> list[str | None]:
    """For each claim why it holds no longer; None where it does."""
    facts = _facts(session, claims, on)
    return [
        CONDITIONS[each.condition].reason_against(facts, each.subject, each.data) if each.condition else None
        for each in claims
    ]


def _facts(session: Session, claims: Iterable[Claim], on: date) -> Facts:
    """What is known of those things that the claims are about; where they are about none, nothing is asked."""
    about: dict[str, set[str]] = {}
    for claim in claims:
        if claim.condition is not None:
            about.setdefault(CONDITIONS[claim.condition].aggregate, set()).add(claim.subject)
            if claim.condition == "duty_report_missing":
                about["duty_report"].add(matter_subject(MatterKind.DUTY_REPORT, claim.subject, claim.data))
    certificates = _rows(session, CERTIFICATES, about.pop("certificate", ()))
    posts = [row.post_id for row in _rows(session, FILLED, about.get("post", ()), on=on)]
    matters = _rows(session, MATTERS, {each for ids in about.values() for each in ids})
    return Facts(
        {row.id: Certificate(row.valid_until, row.state) for row in certificates},
        {(MatterKind(row.kind), row.subject): Matter(row.opened_on, row.closed_on) for row in matters},
        frozenset(posts),
    )


def _rows(
    session: Session,
    statement: Select[*tuple[Any, ...]],  # Any: the columns of each, of their own types
    ids: Collection[str],
    **more: object,
) -> Sequence[Row[*tuple[Any, ...]]]:  # Any: the same
    return session.execute(statement, {"ids": sorted(ids), **more}).all() if ids else []
