"""What the relay counts."""

from prometheus_client import Counter, Gauge

published = Counter("cqo_outbox_published", "Events sent to the broker, repeats included.", ["service"])
confirmed = Counter("cqo_outbox_confirmed", "Events the broker has confirmed.", ["service"])
nacked = Counter("cqo_outbox_nacked", "Events the broker has refused.", ["service"])
returned = Counter("cqo_outbox_returned", "Events the broker had no queue for.", ["service"])
backlog = Gauge("cqo_outbox_backlog", "Events written and not yet published.", ["service"])
oldest = Gauge("cqo_outbox_oldest_unpublished_seconds", "Age of the oldest event not yet published.", ["service"])
