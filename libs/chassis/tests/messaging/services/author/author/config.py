"""The author's own settings: none."""

from chassis.settings import Settings
from testkit.roles import ACCESS

__all__ = ["ACCESS", "Settings"]
