"""RabbitMQ itself: connections to it, and the exchanges and queues that it must have.

`python -m chassis.broker.topology` applies them, as a job of each deployment.
"""

from chassis.broker.connection import LOST, close, connect

__all__ = ["LOST", "close", "connect"]
