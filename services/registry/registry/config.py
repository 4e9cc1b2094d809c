"""The settings this service has beside the common ones."""

from chassis.config import Setting

EXTRA = (
    Setting("pii_key", "32 bytes in base64 that encrypt ID numbers and contact points at rest", secret=True),
    Setting("pii_index_key", "32 bytes in base64 that key the index by which an ID number is found", secret=True),
    Setting("contact_public_key", "a JWK (JSON) to which contact points are sealed for notifications"),
)
