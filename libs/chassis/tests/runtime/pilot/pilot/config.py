"""The pilot's own settings."""

from __future__ import annotations

from dataclasses import dataclass

from chassis import settings
from chassis.settings import setting
from testkit.roles import ACCESS

__all__ = ["ACCESS", "Settings"]


@dataclass(frozen=True)
class Settings(settings.Settings):
    """What it has beside the chassis's."""

    threshold: int = setting("a number that the pilot asks for", 3)
