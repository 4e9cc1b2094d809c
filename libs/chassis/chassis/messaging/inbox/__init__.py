"""The inbox: each event takes effect once and in its aggregate's order, whatever is killed and however often it comes.

    @subscribe("certificate.issued.v1", CertificateIssued)
    def certificate_issued(self, session: Session, event: Envelope[CertificateIssued]) -> None: …

A handler runs in the transaction that moves its aggregate's cursor. The way of an event: `deliveries` takes it from the
queue, `consumer` applies it in a batch by `applying` and then acknowledges it; `parking` has what can't be applied yet,
and `retrying` tries that again; `gaps` fetches what has not come, `dead_letters` parks what the broker gave up.
"""

from chassis.messaging.inbox.entrypoints import Subscription, subscribe, subscribe_batch
from chassis.messaging.inbox.timings import Timings

__all__ = ["Subscription", "Timings", "subscribe", "subscribe_batch"]
