"""What the routes of the registry share: its database, its clock, its cipher, and who may call."""

from __future__ import annotations

from chassis.clock import Clock
from chassis.data import ClockProvider, Database
from chassis.http import CSV, WORKBOOK
from programme.callers import Role
from registry.providers import PersonalDataCipherProvider

STAFF = (Role.PROVINCE, Role.DIVISION)
APPLICANTS = (*STAFF, Role.ENTERPRISE)
# Operators have no business with people, and other systems read by their subscriptions alone.
PEOPLE_READERS = tuple(sorted(frozenset(Role) - {Role.OPS, Role.SYSTEM, Role.SERVICE}))

# Of what an appointment's holder does, and how they conduct themselves.
OFFICE_READERS = (*APPLICANTS, Role.CQO, Role.AUDITOR)

FILES = (WORKBOOK, CSV)  # as which a list may be sent


class Routes:
    """The base of each aggregate's routes."""

    db = Database()
    clock: Clock = ClockProvider()
    cipher = PersonalDataCipherProvider()
