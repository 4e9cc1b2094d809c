"""Registry's configuration."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.settings import setting
from programme import settings
from programme.access import ACCESS

__all__ = ["ACCESS", "Settings"]


@dataclass(frozen=True)
class Settings(settings.Settings):
    """The settings this service has beside the programme's."""

    pii_key: str = setting("32 bytes in base64 that encrypt ID numbers and contact points at rest", secret=True)
    pii_index_key: str = setting("32 bytes in base64 that key the index by which an ID number is found", secret=True)
    contact_public_key: str = setting("a JWK (JSON) to which contact points are sealed for notifications")
