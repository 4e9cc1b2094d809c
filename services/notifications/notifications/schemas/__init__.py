"""What comes in and goes out over HTTP: filters, answers, and the parameters of a rule set.

What is read of others' events stands in `handlers/`, beside what is done with it.
"""

from notifications.schemas.notices import (
    Delivery,
    InboxFilters,
    InboxItem,
    Notice,
    NoticeFilters,
    NoticeInFull,
    Summary,
    SummaryFilters,
)
from notifications.schemas.proof import Proof, ProofFilters
from notifications.schemas.rulesets import RuleSetParameters

__all__ = [
    "Delivery",
    "InboxFilters",
    "InboxItem",
    "Notice",
    "NoticeFilters",
    "NoticeInFull",
    "Proof",
    "ProofFilters",
    "RuleSetParameters",
    "Summary",
    "SummaryFilters",
]
