"""The sample has no settings of its own."""

from chassis.settings import Settings
from testkit.roles import ACCESS

__all__ = ["ACCESS", "Settings"]
