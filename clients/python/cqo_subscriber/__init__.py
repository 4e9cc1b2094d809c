"""For systems that receive cqo's events: verify, deduplicate, resume, and compare with the daily manifest.

with Store("events.db") as store:
    Feed(url, token).catch_up(store, apply)
"""

from cqo_subscriber.deliveries import Delivery, NotADelivery
from cqo_subscriber.feed import Feed, FeedError, Gone
from cqo_subscriber.manifest import Difference, reconcile
from cqo_subscriber.signatures import NotVerified, verify
from cqo_subscriber.store import Apply, Store
from cqo_subscriber.webhook import answer

__all__ = [
    "Apply",
    "Delivery",
    "Difference",
    "Feed",
    "FeedError",
    "Gone",
    "NotADelivery",
    "NotVerified",
    "Store",
    "answer",
    "reconcile",
    "verify",
]
