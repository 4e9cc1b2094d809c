"""No settings of its own, and nobody calls it."""

from chassis.security import Access
from chassis.settings import Settings

__all__ = ["ACCESS", "Settings"]

ACCESS = Access(roles=frozenset(), groups={})
