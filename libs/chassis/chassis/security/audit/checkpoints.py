"""Checkpoints: the chain's last place and hash, signed by the service, and kept by another service.

Each service has one table of them: its own, and those of the services that it anchors. The signature is a compact JWS
(RFC 7515) by Ed25519, over the name of the service, the checkpoint's number, the place, the hash and the time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    Row,
    Table,
    Text,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.data import Reader, metadata
from chassis.security.signing import KeyRing, Unsigned

HIGHEST = 2**62  # a place in a chain; sums with it stay within 64 bits
CHECKPOINTS_AT_ONCE = 500  # checkpoints in one answer

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("service", Text, primary_key=True),
    Column("seal", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("signed", Text, nullable=False),
    Column("contradicts", Boolean, nullable=False, server_default="false"),
    Column("kept_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_audit_checkpoint_number", "service", "number"),
    Index("ix_audit_checkpoint_contradicts", "service", postgresql_where=text("contradicts")),
)
row = audit_checkpoint.c


@dataclass(frozen=True)
class Checkpoint:
    """The hash of entry `seal` of a service's chain at a time; `number` counts its checkpoints: 1, 2, 3 …"""

    service: str
    number: int
    seal: int
    hash: str
    at: datetime


class SigningKeys:
    """A service's keys, a JWK Set in JSON: the first signs; the others, and public parts, serve to verify.

    Raises ValueError where it is no such set.
    """

    def __init__(self, content: str) -> None:
        self._ring = KeyRing(content, "CQO_AUDIT_KEY")

    @property
    def can_sign(self) -> bool:
        """Whether the first key is a private one."""
        return self._ring.can_sign

    def sign(self, checkpoint: Checkpoint) -> str:
        """The checkpoint as a compact JWS."""
        return self._ring.sign(json.dumps({**asdict(checkpoint), "at": checkpoint.at.isoformat()}).encode())

    def open(self, signed: str) -> Checkpoint:
        """The checkpoint that was signed; raises Unsigned."""
        try:
            content = json.loads(self._ring.open(signed))
            named = {name: content[name] for name in ("service", "number", "seal", "hash")}
            return Checkpoint(**named, at=datetime.fromisoformat(content["at"]))
        except (LookupError, TypeError, ValueError) as fault:
            raise Unsigned(f"{signed[:40]}… is not signed by a key of this service: {type(fault).__name__}") from fault


def _contradicts(seal: ColumnElement[int], number: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a later checkpoint stands at an earlier or the same place, or the other way round."""
    of_it = and_(row.service == bindparam("service"), row.contradicts.is_(False))
    return or_(
        exists().where(of_it, row.seal >= seal, row.number <= number),
        exists().where(of_it, row.number >= number, row.seal <= seal),
    )


# Of two that stand at one place with one hash, the second says nothing new.
KEEP = (
    insert(audit_checkpoint)
    .from_select(
        ["service", "seal", "hash", "number", "at", "signed", "contradicts"],
        select(
            bindparam("service", type_=Text),
            bindparam("seal", type_=BigInteger),
            bindparam("hash", type_=Text),
            bindparam("number", type_=Integer),
            bindparam("at", type_=DateTime(timezone=True)),
            bindparam("signed", type_=Text),
            _contradicts(bindparam("seal", type_=BigInteger), bindparam("number", type_=Integer)),
        ),
    )
    .on_conflict_do_nothing()
    .returning(row.contradicts)
)
OF = select(row.number, row.seal, row.hash, row.at, row.signed, row.contradicts).where(
    row.service == bindparam("of", type_=Text)
)
LAST = OF.order_by(row.seal.desc(), row.number.desc()).limit(1)
# With ties, so that two at one place come in one answer: the next goes on after that place.
BETWEEN = OF.where(
    row.seal > bindparam("after", type_=BigInteger), row.seal <= bindparam("through", type_=BigInteger)
).order_by(row.seal)
CONTRADICTIONS = select(row.service, func.count()).where(row.contradicts).group_by(row.service)

KeptRow: TypeAlias = Row[int, int, str, datetime, str, bool]


def keep(session: Session, checkpoint: Checkpoint, signed: str) -> bool:
    """Keeps a checkpoint; False if it contradicts one that is kept: then it is kept beside, and marked.

    Two contradict each other if they have one place and two hashes, or if the later one has the earlier place. One that
    is kept already is not kept twice.
    """
    contradicts = session.scalar(KEEP, {**asdict(checkpoint), "signed": signed})
    return not contradicts


def last_checkpoint(session: Session, service: str) -> KeptRow | None:
    """The one with the highest place that is kept of `service`."""
    return session.execute(LAST, {"of": service}).one_or_none()


def checkpoints_of(
    session: Session, service: str, after: int = 0, through: int = HIGHEST, limit: int = CHECKPOINTS_AT_ONCE
) -> Sequence[KeptRow]:
    """The checkpoints of `service` at the places after `after` to `through`, in their order, about `limit` at most.

    Those that contradict others are among them.
    """
    wanted = BETWEEN.fetch(limit, with_ties=True)
    return session.execute(wanted, {"of": service, "after": after, "through": through}).all()


def contradictions(reader: Reader) -> dict[str, int]:
    """How many checkpoints are kept that contradict others, by service; one without any is left out."""
    return {service: count for service, count in reader.execute(CONTRADICTIONS)}
