"""The pilot's one table: an effect for each due row, without a constraint that would hide a second one."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

from chassis.tables import metadata as chassis_metadata

metadata = MetaData(naming_convention=chassis_metadata.naming_convention)

effect = Table(
    "effect",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("key", Text, nullable=False),
    Column("by", Integer, nullable=False),
)
