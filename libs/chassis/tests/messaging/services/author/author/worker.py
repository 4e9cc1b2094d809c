"""The author's worker: a relay."""

from chassis.health import HealthRoutes
from chassis.outbox import Relay


class Worker(HealthRoutes):
    """Publishes the outbox."""

    name = "author-worker"
    relay = Relay()
