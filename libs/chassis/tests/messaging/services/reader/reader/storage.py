"""An effect for each event applied, without a constraint that would hide a second one; and what has been mended."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text, UniqueConstraint

from chassis.data import new_metadata

metadata = new_metadata()
METADATA = (metadata,)

effect = Table(
    "effect",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("aggregate", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("by", Integer, nullable=False),
)
# Aggregates whose poison has been cured: the bug that it stands for is mended.
mended = Table("mended", metadata, Column("aggregate", Text, primary_key=True))
# Keys of which there may be one each, which is looked at when a transaction commits.
single = Table(
    "single",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("key", Text, nullable=False),
    UniqueConstraint("key", deferrable=True, initially="DEFERRED"),
)
