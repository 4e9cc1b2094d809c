"""The author keeps nothing but its outbox."""

from sqlalchemy import MetaData

metadata = MetaData()
METADATA = (metadata,)
