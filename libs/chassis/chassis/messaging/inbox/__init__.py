"""The inbox: each event takes effect once and in its object's order, whatever is killed and however often it comes.

    @subscribe("certificate.issued.v1", schemas.CertificateIssued)
    def certificate_issued(self, session, event): …

A handler runs in the transaction that moves its object's cursor. The way of an event: `consumer` takes it from the
queue, `applying` applies it in a batch, `parking` keeps what can't be applied yet, `deadletters`
what the broker gave up.
"""

from chassis.messaging.inbox.entrypoints import Subscription, subscribe, subscribe_batch

__all__ = ["Subscription", "subscribe", "subscribe_batch"]
