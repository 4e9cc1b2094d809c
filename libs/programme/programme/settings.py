"""The settings that the programme's services have beside the chassis's: where each is reached, and its anchor."""

from __future__ import annotations

from dataclasses import dataclass

from chassis import settings
from chassis.settings import AUDIT_KEY, setting


@dataclass(frozen=True)
class Settings(settings.Settings):
    """Where each service's HTTP API, and so its feed, is reached; and who keeps whose audit checkpoints."""

    url_registry: str = setting("where registry's HTTP API is reached", "http://127.0.0.1:8001")
    url_training: str = setting("where training's HTTP API is reached", "http://127.0.0.1:8002")
    url_notifications: str = setting("where notifications' HTTP API is reached", "http://127.0.0.1:8003")
    url_reporting: str = setting("where reporting's HTTP API is reached", "http://127.0.0.1:8004")
    audit_key: str = setting(AUDIT_KEY, secret=True)

    @property
    def audit_anchor(self) -> str:
        # No service keeps its own: a database would vouch for itself.
        return "registry" if self.service == "reporting" else "reporting"
