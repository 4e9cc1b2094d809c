"""The author's API: its feed and its outbox."""

from chassis.clock import Clock
from chassis.db import ClockProvider, Database
from chassis.feed import MessagingOps
from chassis.health import HealthRoutes
from chassis.http import HttpService


class Api(HttpService, MessagingOps, HealthRoutes):
    """What a publisher offers."""

    name = "author-api"
    db = Database()
    clock: Clock = ClockProvider()
