"""Notices and deliveries as they come from the database through the ORM, and go back.

The domain's own classes stay unmapped: what is written or sent by the thousand is read and written by statements of its
own, and the ORM's bookkeeping of each attribute would cost more than the work itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from notifications.domain.notice import Delivery, Notice


@dataclass(eq=False)
class StoredNotice(Notice):
    """A notice that a session keeps account of."""


@dataclass(eq=False)
class StoredDelivery(Delivery):
    """A delivery that a session keeps account of."""
