"""Entering rows whose code may stand once: the unique index decides, so that nobody waits for another's list.

A rival who enters the same code first makes the insert fail when they commit. Rows go in by the order of their codes,
so that two lists with the same codes wait for one another in one order only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.data import sqlstate
from chassis.errors import CqoError

UNIQUE_VIOLATION = "23505"
TRIES = 3
BATCH = 100  # rows that go to the database together; others go on between two batches

ResultT = TypeVar("ResultT")
ItemT = TypeVar("ItemT")


def flush_new(session: Session, taken: type[CqoError]) -> None:
    """Sends what was added; `taken` if a rival has entered the same code meanwhile."""
    try:
        session.flush()
    except IntegrityError as fault:
        if sqlstate(fault) != UNIQUE_VIOLATION:
            raise
        raise taken() from fault


def again_if_overtaken(session: Session, work: Callable[[], ResultT]) -> ResultT:
    """What `work` gives; from the start, with what a rival has entered meanwhile in sight, if it met one."""
    for _ in range(TRIES - 1):
        try:
            with session.begin_nested():
                return work()
        except IntegrityError as fault:
            if sqlstate(fault) != UNIQUE_VIOLATION:
                raise
    return work()


def batches(items: Iterable[ItemT]) -> Iterator[list[ItemT]]:
    """The items, some at a time."""
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
