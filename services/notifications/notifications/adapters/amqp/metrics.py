"""What the filler of the queues counts."""

from prometheus_client import Counter, Gauge

published = Counter("cqo_subscriber_queues_published", "Deliveries that subscribers' queues hold.", ["service"])
waiting = Gauge(
    "cqo_subscriber_queues_waiting", "Deliveries of live subscriptions that their queues do not hold yet.", ["service"]
)
oldest = Gauge("cqo_subscriber_queues_oldest_waiting_seconds", "Age of the oldest of them.", ["service"])
