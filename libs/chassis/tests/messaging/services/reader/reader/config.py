"""The reader's own settings."""

from __future__ import annotations

from dataclasses import dataclass

from chassis import settings
from chassis.settings import setting
from testkit.roles import ACCESS

__all__ = ["ACCESS", "Settings"]


@dataclass(frozen=True)
class Settings(settings.Settings):
    """What it has beside the chassis's."""

    url_author: str = setting("where the author's feed is reached", "http://127.0.0.1:9")
