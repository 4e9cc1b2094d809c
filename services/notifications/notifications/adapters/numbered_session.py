"""Loops that hold what they work on by a number, which their database session keeps by an advisory lock.

The database lets go of the lock when the process dies, and others take over what bore the number
(`usecases/holders.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import Connection, Engine, func, select

from chassis.backoff import back_off
from chassis.stopping import StopSignal


class NumberTaken(Exception):
    """The database still holds this number for its lost session."""


def connect_holding(engine: Engine, lock: int, number: int, channels: Iterable[str]) -> Connection:
    """A session that holds `number` of `lock` as long as it lives, and listens to `channels`; raises NumberTaken."""
    connection = engine.connect()
    # Out of the pool: the lock has to go with the connection.
    connection.detach()
    try:
        with connection.begin():
            if not connection.scalar(select(func.pg_try_advisory_lock(lock, number))):
                raise NumberTaken(NumberTaken.__doc__)
            for channel in channels:
                connection.exec_driver_sql(f"LISTEN {channel}")
    except BaseException:
        connection.close()
        raise
    return connection


def turn_until_stopped(
    turn: Callable[[], bool], wait: Callable[[], None], report: Callable[[Exception], None], stop: StopSignal
) -> None:
    """Calls `turn`, and `wait` where that did nothing, until `stop` is given; `report` gets what is raised.

    Nothing leaves it, since nameko would take the container down; what is to be done waits in the database.
    """
    failures = 0
    while not stop.is_given:
        try:
            if not turn():
                wait()
            failures = 0
        except Exception as fault:
            failures += 1
            report(fault)
            stop.wait(back_off(failures))
