"""The author's worker: a relay."""

from chassis.messaging.outbox import Relay
from chassis.process.health import HealthRoutes


class Worker(HealthRoutes):
    """Publishes the outbox."""

    name = "author-worker"
    relay = Relay()
