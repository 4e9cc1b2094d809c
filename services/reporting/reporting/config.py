"""Reporting's configuration: the programme's settings, and none beside them."""

from programme.access import ACCESS
from programme.settings import Settings

__all__ = ["ACCESS", "Settings"]
