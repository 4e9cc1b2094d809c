"""Who calls and what they may do, what they did, and how personal data are kept."""

from chassis.security.access import Access, RoleGroup
from chassis.security.caller import Caller
from chassis.security.cipher import CannotOpen, Cipher, mask_email, mask_id_number, mask_phone

__all__ = [
    "Access",
    "Caller",
    "CannotOpen",
    "Cipher",
    "RoleGroup",
    "mask_email",
    "mask_id_number",
    "mask_phone",
]
