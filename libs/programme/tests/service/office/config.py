"""The office's configuration."""

from programme.access import ACCESS
from programme.settings import Settings

__all__ = ["ACCESS", "Settings"]
