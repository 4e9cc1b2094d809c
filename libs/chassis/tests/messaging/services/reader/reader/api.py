"""The reader's API: its inbox and what is parked."""

from chassis.clock import Clock
from chassis.db import ClockProvider, Database
from chassis.feed import MessagingOps
from chassis.health import HealthRoutes
from chassis.http import HttpService


class Api(HttpService, MessagingOps, HealthRoutes):
    """What an operator of a consumer needs."""

    name = "reader-api"
    db = Database()
    clock: Clock = ClockProvider()
