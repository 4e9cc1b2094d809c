"""The service's database: one visible transaction per use case, and what its faults mean.

with self.db.begin() as session:
    …
"""

from chassis.data.connections import connect, wait_for_notification
from chassis.data.database import ClockProvider, Database, clock_of, engine_for
from chassis.data.faults import is_contention, is_unavailable, sqlstate
from chassis.data.tables import metadata, new_metadata

__all__ = [
    "ClockProvider",
    "Database",
    "clock_of",
    "connect",
    "engine_for",
    "is_contention",
    "is_unavailable",
    "metadata",
    "new_metadata",
    "sqlstate",
    "wait_for_notification",
]
