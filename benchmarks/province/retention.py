"""What has passed by the last day. The services' upkeep would have removed it, so it is counted and not written.

The bounds are those of docs/operations.md, and a test has the services' own upkeep find nothing to remove.
"""

from __future__ import annotations

from datetime import date, timedelta

from chassis.clock import SHANGHAI
from chassis.due.table import SETTLED_FOR
from chassis.messaging.inbox.passing import FORGOTTEN_AFTER
from chassis.messaging.outbox.keeping import IN_FEED_FOR
from province import days

NOTICE_DAYS = 400  # the default of CQO_NOTICE_DAYS
PASSING = "notice"  # the kind of aggregate that its publisher keeps for a time


class Retention:
    """From when on each thing is still there; instants as texts, which compare as `days.instant` writes them."""

    def __init__(self, notice_days: int = NOTICE_DAYS) -> None:
        self.notice_days = notice_days
        oldest = days.NOW - timedelta(days=notice_days)
        self.begins = oldest.replace(hour=0)
        self.causes = days.as_text(oldest)
        self.heads = days.as_text(self.begins)
        self.cursors = days.as_text(self.begins - FORGOTTEN_AFTER)
        self.first_month = (self.begins - IN_FEED_FOR).date().replace(day=1)
        self.settled = (days.NOW - SETTLED_FOR).date()
        self.notices = oldest.astimezone(SHANGHAI).date()  # the first day of which notices are kept

    def in_feed(self, on: date) -> bool:
        """Whether an event of a kind that passes, published on that day, is still in the outbox: months go whole."""
        return on >= self.first_month

    def forgets_matter(self, kind: str, opened_on: date, closed_on: date | None) -> date | None:
        """When what was open has been removed; None where it is kept."""
        begins = opened_on if kind == "nomination" else closed_on
        gone_on = None if begins is None else begins + timedelta(days=self.notice_days + 1)
        return gone_on if gone_on is not None and gone_on <= days.LAST else None

    def is_settled(self, settled: date, due: date) -> bool:
        """Whether a due row that was settled on a day has been removed since."""
        return settled < self.settled and due < self.settled
