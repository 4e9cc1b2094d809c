"""Notifications's configuration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chassis.settings import setting
from notifications.adapters.mail.server import MailServer, parse_url
from programme import settings
from programme.access import ACCESS

__all__ = ["ACCESS", "Settings"]


@dataclass(frozen=True)
class Settings(settings.Settings):
    """The settings this service has beside the programme's."""

    pii_key: str = setting("32 bytes in base64 that encrypt contact points at rest", secret=True)
    pii_index_key: str = setting("32 bytes in base64 that key the index of contact points", secret=True)
    contact_private_key: str = setting("the JWK (JSON) with which contact points sealed for us are opened", secret=True)
    smtp_url: MailServer = setting(
        "the mail server: smtp://host:port in clear, smtp+starttls://user:password@host:port, smtps://user:password@host",
        parse=parse_url,
        secret=True,
    )
    smtp_ca: Path | None = setting(
        "a file with the authority that signed the mail server's certificate, if not a public one", None
    )
    smtp_connections: int = setting("how many connections each worker opens to the mail server", 2)
    notice_days: int = setting("for how many days notices, what became of them and their proof are kept", 400)
    mail_from: str = setting("the address that letters come from", "no-reply@cqo.invalid")
