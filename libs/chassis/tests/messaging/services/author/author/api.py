"""The author's API: its feed and its outbox."""

from chassis.clock import Clock
from chassis.data.database import ClockProvider, Database
from chassis.http import HttpService
from chassis.messaging import FeedRoutes, OpsRoutes
from chassis.process.health import HealthRoutes


class Api(HttpService, FeedRoutes, OpsRoutes, HealthRoutes):
    """What a publisher offers."""

    name = "author-api"
    db = Database()
    clock: Clock = ClockProvider()
