"""The settings this service has beside the common ones."""

from pathlib import Path

from chassis.config import Setting
from notifications.mail.server import parse_url

EXTRA = (
    Setting("pii_key", "32 bytes in base64 that encrypt contact points at rest", secret=True),
    Setting("pii_index_key", "32 bytes in base64 that key the index of contact points", secret=True),
    Setting("contact_private_key", "the JWK (JSON) with which contact points sealed for us are opened", secret=True),
    Setting(
        "smtp_url",
        "the mail server: smtp://host:port in clear, smtp+starttls://user:password@host:port, smtps://user:password@host",
        parse=parse_url,
        secret=True,
    ),
    Setting(
        "smtp_ca",
        "a file with the authority that signed the mail server's certificate, if not a public one",
        None,
        Path,
    ),
    Setting("smtp_connections", "how many connections each worker opens to the mail server", 2, int),
    Setting("mail_from", "the address that letters come from", "no-reply@cqo.invalid"),
)
