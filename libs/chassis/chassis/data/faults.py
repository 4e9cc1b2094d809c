"""What a fault of the database means: that it can't be used just now, that two transactions met, or took too long."""

from __future__ import annotations

import psycopg
from sqlalchemy import exc as database

# The driver's own comes past SQLAlchemy, from waiting for a notification.
UNAVAILABLE = (database.TimeoutError, database.DisconnectionError, database.InterfaceError, psycopg.OperationalError)
UNAVAILABLE_CLASSES = ("08", "53", "57P")  # connection exceptions, out of resources, shutting down or starting up
READ_ONLY = "25006"  # what a primary that was demoted to a standby answers to a write
CONTENTION_STATES = ("40", "55P03")  # serialisation failure or deadlock, and lock time-out
CANCELED = "57014"  # by the statement time-out


def is_unavailable(fault: BaseException) -> bool:
    """Whether `fault` says that the database can't be reached or used just now, so that a later try may do."""
    if is_contention(fault) or is_timeout(fault):
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
    """Whether the transaction only met another one, so that it may be tried again: a deadlock, or a lock not had."""
    state = sqlstate(fault)
    return state is not None and state.startswith(CONTENTION_STATES)


def is_timeout(fault: BaseException) -> bool:
    """Whether a statement took longer than it may."""
    return sqlstate(fault) == CANCELED


def sqlstate(fault: BaseException) -> str | None:
    """PostgreSQL's code for the fault, if it has one."""
    cause = fault.orig if isinstance(fault, database.DBAPIError) else fault
    return cause.sqlstate if isinstance(cause, psycopg.Error) else None
