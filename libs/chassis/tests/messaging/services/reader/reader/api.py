"""The reader's API: its inbox and what is parked."""

from chassis.clock import Clock
from chassis.data.database import ClockProvider, Database
from chassis.http import HttpService
from chassis.messaging import FeedRoutes, OpsRoutes
from chassis.process.health import HealthRoutes


class Api(HttpService, FeedRoutes, OpsRoutes, HealthRoutes):
    """What an operator of a consumer needs."""

    name = "reader-api"
    db = Database()
    clock: Clock = ClockProvider()
