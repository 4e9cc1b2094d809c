"""Digests, by which what a service has announced can be compared with what another has applied.

A digest says of each kind of aggregate how many there are, the sum of their versions, and for each of 256 buckets the
sum of a number for each aggregate. It tells no data. An aggregate's bucket is the first byte of the MD5 of its id; its
number is the first 6 bytes of the MD5 of `<id>:<version>:<id of the event of that version>`. MD5 guards against
nothing here: it only spreads, and every language and database has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, FromClause, Integer, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.orm import Session

BUCKETS = 256
NOTHING = "0"  # a bucket without aggregates


class Head(NamedTuple):
    """The last version of an aggregate, and the id of that event; None where a cursor is from before ids were kept."""

    subject: str
    version: int
    id: str | None


@dataclass(frozen=True)
class TypeDigest:
    """The digest of one kind of aggregate; `buckets` are numbers as texts, since they may pass 2^53."""

    type: str
    aggregates: int
    versions: int
    buckets: list[str]

    def differs_in(self, other: TypeDigest) -> list[int]:
        """The buckets that hold something else."""
        return [number for number in range(BUCKETS) if self.buckets[number] != other.buckets[number]]


def empty(kind: str) -> TypeDigest:
    """The digest of a kind of which there is nothing."""
    return TypeDigest(kind, 0, 0, [NOTHING] * BUCKETS)


def digests(session: Session, heads: FromClause) -> list[TypeDigest]:
    """The digests of aggregates given with the columns `type`, `subject`, `version` and `id`."""
    columns = heads.c
    identity = func.concat_ws(":", columns.subject, columns.version, func.coalesce(columns.id, ""))
    number = _hexadecimal(func.left(func.md5(identity), 12), 48, BigInteger())
    place = bucket(columns.subject)
    versions = cast(func.sum(columns.version), BigInteger)
    rows = session.execute(
        select(columns.type, place, func.count(), versions, cast(func.sum(number), Text)).group_by(columns.type, place)
    )
    found: dict[str, TypeDigest] = {}
    for kind, index, aggregates, total_versions, total in rows:
        so_far = found.get(kind) or empty(kind)
        so_far.buckets[index] = total
        found[kind] = TypeDigest(kind, so_far.aggregates + aggregates, so_far.versions + total_versions, so_far.buckets)
    return [found[kind] for kind in sorted(found)]


def bucket(subject: ColumnElement[str]) -> ColumnElement[int]:
    """The number of an aggregate's bucket."""
    return _hexadecimal(func.left(func.md5(subject), 2), 8, Integer())


def _hexadecimal(digits: ColumnElement[str], bits: int, kind: BigInteger | Integer) -> ColumnElement[int]:
    return cast(cast(literal("x").concat(digits), BIT(bits)), kind)
