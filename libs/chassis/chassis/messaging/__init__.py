"""Events between services: announced with the change, published by a relay, applied once by each reader.

outbox.add(session, appointment, event, clock)          # in a use case

@subscribe("certificate.issued.v1", CertificateIssued)  # on a worker
def certificate_issued(self, session, event): …
"""

from chassis.messaging.anchoring import ChainSealed, keep_checkpoints
from chassis.messaging.envelope import Envelope, MalformedEvent
from chassis.messaging.feed_routes import FeedRoutes
from chassis.messaging.inbox import Subscription, Timings, subscribe, subscribe_batch
from chassis.messaging.inbox.kept import Kept, Rows
from chassis.messaging.inbox.tables import inbox_applied, inbox_cursor, inbox_parked
from chassis.messaging.loops import WorkerLoop
from chassis.messaging.ops_routes import OpsRoutes
from chassis.messaging.outbox.relay import Relay
from chassis.messaging.sealer import Sealer
from chassis.messaging.upkeep import OFTEN, Job, Upkeep

__all__ = [
    "OFTEN",
    "ChainSealed",
    "Envelope",
    "FeedRoutes",
    "Job",
    "Kept",
    "MalformedEvent",
    "OpsRoutes",
    "Relay",
    "Rows",
    "Sealer",
    "Subscription",
    "Timings",
    "Upkeep",
    "WorkerLoop",
    "inbox_applied",
    "inbox_cursor",
    "inbox_parked",
    "keep_checkpoints",
    "subscribe",
    "subscribe_batch",
]
