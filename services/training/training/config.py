"""Training's configuration."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from chassis.settings import setting
from programme import settings
from programme.access import ACCESS

__all__ = ["ACCESS", "Settings"]


def public_address(text: str) -> str:
    """An address that can be printed, without a slash at its end; ValueError for anything else."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{text!r} is no address such as https://cqo.example.gov.cn/training")
    return text.rstrip("/")


@dataclass(frozen=True)
class Settings(settings.Settings):
    """The settings this service has beside the programme's."""

    certificate_key: str = setting(
        "a JWK Set (JSON): its first key signs certificates and their status list, the others only verify", secret=True
    )
    certificates_url: str = setting(
        "where people reach this service, as https://…/training; printed on certificates", parse=public_address
    )
    certificate_authority: str = setting("who issues certificates, as printed on them", "吉林省质量技术监督培训中心")
