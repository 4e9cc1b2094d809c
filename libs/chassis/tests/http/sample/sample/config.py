"""The sample's settings: the chassis's, and where the service is that keeps its checkpoints."""

from __future__ import annotations

from dataclasses import dataclass

from chassis import settings
from chassis.settings import setting
from testkit.roles import ACCESS

__all__ = ["ACCESS", "Settings"]


@dataclass(frozen=True)
class Settings(settings.Settings):
    """What it has beside the chassis's."""

    url_keeper: str | None = setting("where the service is reached that keeps its checkpoints, if one does", None)

    @property
    def audit_anchor(self) -> str | None:
        return "keeper" if self.url_keeper else None
