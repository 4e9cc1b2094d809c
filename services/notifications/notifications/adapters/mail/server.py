"""Where the mail server is and how it is spoken to, from the setting's URL."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True)
class MailServer:
    """A mail server: `security` is smtp (in clear), smtp+starttls or smtps."""

    host: str
    port: int
    security: str
    username: str | None = None
    password: str | None = None


OFF = "off"


def parse_url(url: str) -> MailServer | None:
    """Reads smtp://, smtp+starttls:// or smtps://; refuses to send a password in clear over a network.

    None for `off`: nothing is sent by e-mail.
    """
    if url == OFF:
        return None
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("must be smtp://host:port, smtp+starttls://user:password@host:port or smtps://…, or off")
    if parts.username and parts.scheme == "smtp" and not is_loopback(parts.hostname):
        raise ValueError("a password may not go over the network in clear; use smtp+starttls:// or smtps://")
    return MailServer(
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        security=parts.scheme,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password or "") if parts.username else None,
    )


def is_loopback(host: str) -> bool:
    """Whether a name or an address leads to this machine and nowhere else."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False  # a name, which may lead anywhere
