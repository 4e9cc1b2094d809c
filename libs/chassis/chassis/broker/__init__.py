"""RabbitMQ itself: connections to it, publishing with confirms, and the exchanges and queues that it must have.

`python -m chassis.broker.topology` applies them, as a job of each deployment.
"""

from chassis.broker.connection import LOST, close, connect
from chassis.broker.publishing import Confirmed, Publisher, Unconfirmed
from chassis.broker.wire import Outgoing

__all__ = ["LOST", "Confirmed", "Outgoing", "Publisher", "Unconfirmed", "close", "connect"]
