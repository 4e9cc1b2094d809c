"""The service's database: one visible transaction per use case, and what its faults mean.

with self.db.begin() as session:
    …
"""

from chassis.data.appended import append, append_object, flush_objects
from chassis.data.bulk import insert_all, insert_new, insert_rows, load_all, update_all
from chassis.data.columns import aggregate_columns, day_column, flag_column, member_column, serial_column, text_column
from chassis.data.connections import connect, forget_notifications, wait_for_notification
from chassis.data.database import ClockProvider, Database, Reader, clock_of, engine_for, read
from chassis.data.faults import is_contention, is_timeout, is_unavailable, sqlstate
from chassis.data.loading import check_version, load
from chassis.data.query import Query, WritesNothing
from chassis.data.tables import metadata, new_metadata

__all__ = [
    "ClockProvider",
    "Database",
    "Query",
    "Reader",
    "WritesNothing",
    "aggregate_columns",
    "append",
    "append_object",
    "check_version",
    "clock_of",
    "connect",
    "day_column",
    "engine_for",
    "flag_column",
    "flush_objects",
    "forget_notifications",
    "insert_all",
    "insert_new",
    "insert_rows",
    "is_contention",
    "is_timeout",
    "is_unavailable",
    "load",
    "load_all",
    "member_column",
    "metadata",
    "new_metadata",
    "read",
    "serial_column",
    "sqlstate",
    "text_column",
    "update_all",
    "wait_for_notification",
]
