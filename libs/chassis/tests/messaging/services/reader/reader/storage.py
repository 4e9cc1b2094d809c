"""An effect for each event applied, without a constraint that would hide a second one; and what has been mended."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

from chassis.tables import metadata as chassis_metadata

metadata = MetaData(naming_convention=chassis_metadata.naming_convention)

effect = Table(
    "effect",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("aggregate", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("by", Integer, nullable=False),
)
# Objects whose poison has been cured: the bug that it stands for is mended.
mended = Table("mended", metadata, Column("aggregate", Text, primary_key=True))
