"""Sealing: entries that are committed get their place in the chain, and their hash.

One transaction seals some entries, in the order of their numbers. An entry that is committed late, with a number lower
than one that is sealed already, is sealed next: a place in the chain says when an entry was sealed, and no more.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ARRAY, BigInteger, Row, Text, bindparam, column, exists, func, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.data import Reader
from chassis.security.audit.checkpoints import audit_checkpoint
from chassis.security.audit.log import audit_head, audit_log

FIRST_HASH = "0" * 64
COUNTED = 10_000  # unsealed entries are counted to here

LOCKED_HEAD = select(audit_head.c.seq, audit_head.c.hash).with_for_update()
UNSEALED = select(audit_log.c.number, audit_log.c.entry).where(audit_log.c.seq.is_(None)).order_by(audit_log.c.number)
_batch = (
    func.unnest(
        bindparam("numbers", type_=ARRAY(BigInteger)),
        bindparam("seqs", type_=ARRAY(BigInteger)),
        bindparam("before", type_=ARRAY(Text)),
        bindparam("hashes", type_=ARRAY(Text)),
    )
    .table_valued(column("number", BigInteger), column("seq", BigInteger), column("before", Text), column("hash", Text))
    .render_derived("batch")
)
SEAL = (
    update(audit_log)
    .where(audit_log.c.number == _batch.c.number)
    .values(seq=_batch.c.seq, previous_hash=_batch.c.before, hash=_batch.c.hash)
    .execution_options(synchronize_session=False)
)
_waiting = select(audit_log.c.at).where(audit_log.c.seq.is_(None)).limit(COUNTED).subquery()
WAITING = select(func.count(), func.min(_waiting.c.at))
_last = (
    select(audit_checkpoint.c.number, audit_checkpoint.c.seal, audit_checkpoint.c.at)
    .where(audit_checkpoint.c.service == bindparam("of", type_=Text))
    .order_by(audit_checkpoint.c.seal.desc())
    .limit(1)
    .subquery()
)
_always = select(true().label("always")).subquery()
STAND = select(
    exists().where(audit_log.c.seq.is_(None)),
    func.coalesce(audit_head.c.seq, 0),
    audit_head.c.hash,
    func.coalesce(_last.c.number, 0),
    func.coalesce(_last.c.seal, 0),
    _last.c.at,
).select_from(_always.outerjoin(audit_head, true()).outerjoin(_last, true()))


class Stand(NamedTuple):
    """How far a service's chain and its checkpoints are; 0 and None where there is none yet."""

    waiting: bool  # entries without a seal
    seq: int  # the last place in the chain
    hash: str | None
    checkpoint: int  # the number of the last checkpoint
    checkpoint_seal: int  # the place that it stands at
    checkpoint_at: datetime | None


class Unsealed(NamedTuple):
    """How many entries wait for their seal, counted to COUNTED, and when the oldest was made."""

    entries: int
    since: datetime | None


def seal(session: Session, limit: int) -> int:
    """Seals up to `limit` entries, in this transaction; returns how many.

    The row of the head is locked: a second sealer, or a version before 0.2.0 that chains its entries itself, waits for
    the end of this transaction and goes on from there.
    """
    head = locked_head(session)
    rows = session.execute(UNSEALED.limit(limit)).all()
    if not rows:
        return 0
    hashes = [head.hash]
    for number, entry in rows:
        hashes.append(chained(hashes[-1], covered(number, entry)))
    last = head.seq + len(rows)
    session.execute(
        SEAL,
        {
            "numbers": [row.number for row in rows],
            "seqs": list(range(head.seq + 1, last + 1)),
            "before": hashes[:-1],
            "hashes": hashes[1:],
        },
    )
    session.execute(update(audit_head).values(seq=last, hash=hashes[-1]))
    return len(rows)


def locked_head(session: Session) -> Row[int, str]:
    """The end of the chain, nobody else's until this transaction ends."""
    head = session.execute(LOCKED_HEAD).one_or_none()
    if head is None:
        # ON CONFLICT DO NOTHING waits for a rival's insert, so that the first two entries can't both be number 1.
        session.execute(insert(audit_head).values(id=1, seq=0, hash=FIRST_HASH).on_conflict_do_nothing())
        head = session.execute(LOCKED_HEAD).one()
    return head


def stand_of(reader: Reader, service: str) -> Stand:
    """How far this service's chain and checkpoints are, in one statement."""
    return Stand(*reader.execute(STAND, {"of": service}).one())


def unsealed(reader: Reader) -> Unsealed:
    """What waits for its seal."""
    return Unsealed(*reader.execute(WAITING).one())


def covered(number: int, entry: str) -> str:
    """What the hash of an entry covers, beside the hash before it."""
    return f"{number}\n{entry}"


def chained(previous: str, what: str) -> str:
    """The next hash of the chain."""
    return hashlib.sha256(f"{previous}\n{what}".encode()).hexdigest()
