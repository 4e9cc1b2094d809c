"""What the routes of notifications share: its database, its clock, its cipher, and who may call."""

from __future__ import annotations

from chassis.clock import Clock
from chassis.data import ClockProvider, Database
from notifications.providers import PersonalDataProvider, SealsProvider, SettingsProvider
from programme.callers import Role

RECIPIENTS = (Role.CQO, Role.ENTERPRISE, Role.DIVISION, Role.PROVINCE, Role.TRAINING_CENTRE)
# Texts hold names: operators get counts, not texts.
READERS = (Role.PROVINCE, Role.DIVISION, Role.AUDITOR)
COUNTERS = (*READERS, Role.OPS)


class Routes:
    """The base of each group of routes."""

    db = Database()
    clock: Clock = ClockProvider()
    personal_data = PersonalDataProvider()
    seals = SealsProvider()
    settings = SettingsProvider()
