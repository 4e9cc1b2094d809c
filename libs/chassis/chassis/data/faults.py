"""What a fault of the database means: that it can't be used just now, or that two transactions met."""

from __future__ import annotations

import psycopg
from sqlalchemy import exc as database

# The driver's own comes past SQLAlchemy, from waiting for a notification.
UNAVAILABLE = (database.TimeoutError, database.DisconnectionError, database.InterfaceError, psycopg.OperationalError)
UNAVAILABLE_CLASSES = ("08", "53", "57P")  # connection exceptions, out of resources, shutting down or starting up
READ_ONLY = "25006"  # what a primary that was demoted to a standby answers to a write
CONTENTION_STATES = ("40", "55P03", "57014")  # serialisation failure or deadlock, lock and statement time-outs


def is_unavailable(fault: BaseException) -> bool:
    """Whether `fault` says that the database can't be reached or used just now, so that a later try may do."""
    if is_contention(fault):
        return False
    if isinstance(fault, UNAVAILABLE):
        return True
    if not isinstance(fault, database.DBAPIError):
        return False
    state = sqlstate(fault)
    if state is None:
        return fault.connection_invalidated or isinstance(fault, database.OperationalError)
    return fault.connection_invalidated or state.startswith(UNAVAILABLE_CLASSES) or state == READ_ONLY


def is_contention(fault: BaseException) -> bool:
    """Whether the transaction only met another one: a deadlock, or a lock or a statement that took too long."""
    state = sqlstate(fault)
    return state is not None and state.startswith(CONTENTION_STATES)


def sqlstate(fault: BaseException) -> str | None:
    """PostgreSQL's code for the fault, if it has one."""
    cause = fault.orig if isinstance(fault, database.DBAPIError) else fault
    return cause.sqlstate if isinstance(cause, psycopg.Error) else None
