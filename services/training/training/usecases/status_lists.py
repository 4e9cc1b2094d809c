"""The status lists: what became of certificates, for who checks many at once.

The worker takes the changes that no list shows yet, a record of the certificates' history each, and sets the places of
their certificates. Then it signs the lists that have changed, and each once an hour, so that an old copy can be told.
A change is marked in its own row and not by a number: numbers are not in the order in which transactions commit.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.settings import Settings
from programme.statements import PART, list_address
from training import config, storage
from training.adapters.issuer import Issuer
from training.domain.certificate import CertificateStatus
from training.domain.status_list import BITS, STANDINGS, Standing, changed, empty

AT_ONCE = 5000  # changes in one step
EVERY = timedelta(seconds=30)  # how often the worker looks for changes
SIGNED_ANEW = timedelta(hours=1)
HOLDS = timedelta(days=1)  # after which nobody should believe a list any more
KEEP_SECONDS = 60  # how long a reader may keep it without asking again

# The changes are marked and the certificates read by one statement, so in one sight of the tables.
TAKE = text(
    "WITH taken AS (UPDATE certificate_status SET is_listed = true WHERE id = ANY (ARRAY(SELECT id FROM "
    "certificate_status WHERE NOT is_listed ORDER BY id LIMIT :limit)) RETURNING certificate_id) "
    "SELECT status_index, status FROM taken JOIN certificate ON certificate.id = taken.certificate_id"
)
COLUMN = storage.status_list.c


def keep(session: Session, now: datetime, settings: Settings) -> int:
    """A step of the worker's job; 0 when there is nothing more to do for now.

    Lists are signed when all changes are taken in: the first ones say nothing before they are complete.
    """
    assert isinstance(settings, config.Settings)
    taken = take_changes(session)
    return taken if taken >= AT_ONCE else sign_next(session, Issuer.from_settings(settings), now)


def take_changes(session: Session) -> int:
    """Takes some changes into the lists, which are then to be signed; returns how many."""
    by_part: dict[int, list[tuple[int, Standing]]] = defaultdict(list)
    taken = session.execute(TAKE, {"limit": AT_ONCE}).all()
    for index, status in taken:
        by_part[index // PART].append((index % PART, STANDINGS[CertificateStatus(status)]))
    if not taken and session.scalar(select(COLUMN.part).limit(1)) is None:
        by_part[0] = []  # the first list is there before the first certificate is
    for part, standings in sorted(by_part.items()):
        before = session.scalar(select(COLUMN.bits).where(COLUMN.part == part))
        after = changed(before or empty(PART), standings)
        if after != before:
            row = insert(storage.status_list).values(part=part, bits=after, is_stale=True)
            new = {"bits": row.excluded.bits, "is_stale": True}
            session.execute(row.on_conflict_do_update(index_elements=["part"], set_=new))
    return len(taken)


def sign_next(session: Session, issuer: Issuer, now: datetime) -> int:
    """Signs a list that has changed, or was signed too long ago; 0 if there is none.

    Not oftener than about once in EVERY, however many changes come.
    """
    is_old = COLUMN.signed_at.is_(None) | (COLUMN.signed_at <= now - SIGNED_ANEW) | (COLUMN.signed_at > now)
    is_due = is_old | (COLUMN.is_stale & (COLUMN.signed_at <= now - EVERY / 2))
    wanted = select(COLUMN.part, COLUMN.bits).where(is_due).order_by(COLUMN.part).limit(1)
    found = session.execute(wanted).one_or_none()
    if found is None:
        return 0
    values = {"signed": signed(found.part, found.bits, issuer, now), "signed_at": now, "is_stale": False}
    session.execute(update(storage.status_list).where(COLUMN.part == found.part).values(values))
    return 1


def signed(part: int, bits: bytes, issuer: Issuer, now: datetime) -> str:
    """A list as a Status List Token: a compact JWS that says when it was signed and how long it holds."""
    packed = base64.urlsafe_b64encode(zlib.compress(bits, 9)).rstrip(b"=").decode()
    at = int(now.timestamp())
    content = {
        "iss": issuer.address,
        "sub": list_address(issuer.address, part),
        "iat": at,
        "exp": at + int(HOLDS.total_seconds()),
        "ttl": KEEP_SECONDS,
        "status_list": {"bits": BITS, "lst": packed},
    }
    return issuer.sign_list(json.dumps(content, separators=(",", ":")).encode())
