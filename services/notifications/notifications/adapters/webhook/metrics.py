"""What the deliverers count."""

from prometheus_client import Counter, Gauge

attempts = Counter(
    "cqo_webhook_attempts", "Attempts to deliver an event by webhook, by outcome.", ["service", "outcome"]
)
repeated = Counter(
    "cqo_webhook_maybe_repeated", "Events delivered again because a deliverer died with them.", ["service"]
)
waiting = Gauge("cqo_webhook_waiting", "Events that were not delivered when their turn came.", ["service", "state"])
spared = Gauge("cqo_webhook_spared_end_points", "Live end points that fail and only get probes.", ["service"])
oldest = Gauge("cqo_webhook_oldest_seconds", "Age of the oldest event that a live end point has not got.", ["service"])
