"""What the inbox counts."""

from prometheus_client import Counter, Gauge, Histogram

applied = Counter("cqo_inbox_applied", "Events applied.", ["service", "type"])
duplicates = Counter("cqo_inbox_duplicates", "Events seen before, ignored.", ["service"])
parkings = Counter("cqo_inbox_parkings", "Times an event was parked.", ["service", "state"])
parked = Gauge("cqo_inbox_parked", "Events parked now.", ["service", "state"])
oldest_parked = Gauge("cqo_inbox_oldest_parked_seconds", "Time since the oldest parked event was parked.", ["service"])
missing = Gauge(
    "cqo_inbox_missing_predecessors", "Aggregates whose next event has not come for 15 minutes.", ["service"]
)
lag = Histogram(
    "cqo_inbox_lag_seconds",
    "From an event's time to its effect.",
    ["service"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
)
batch_seconds = Histogram("cqo_inbox_batch_seconds", "Time to apply a batch.", ["service"])
