"""The pilot's one table: an effect for each due row, without a constraint that would hide a second one."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from chassis.data import new_metadata

metadata = new_metadata()
METADATA = (metadata,)

effect = Table(
    "effect",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("key", Text, nullable=False),
    Column("by", Integer, nullable=False),
)
