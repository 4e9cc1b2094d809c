"""What the routes of all aggregates have: the database, the clock, and who may call them."""

from __future__ import annotations

from chassis.clock import Clock
from chassis.data import ClockProvider, Database
from programme.callers import Role

CENTRE = (Role.TRAINING_CENTRE, Role.PROVINCE)
NOMINATORS = (*CENTRE, Role.DIVISION, Role.ENTERPRISE)
PEOPLE_READERS = tuple(sorted(frozenset(Role) - {Role.OPS, Role.SYSTEM, Role.SERVICE}))


class Routes:
    """For the classes that hold the routes of an aggregate; `Api` composes them."""

    db = Database()
    clock: Clock = ClockProvider()
