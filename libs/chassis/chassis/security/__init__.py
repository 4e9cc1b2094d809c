"""Who calls and what they may do, what they did, how personal data are kept, and what is signed."""

from chassis.security.access import Access, RoleGroup
from chassis.security.caller import Caller
from chassis.security.cipher import CannotOpen, Cipher, mask_email, mask_id_number, mask_phone
from chassis.security.signing import KeyRing, UnknownKey, Unsigned

__all__ = [
    "Access",
    "Caller",
    "CannotOpen",
    "Cipher",
    "KeyRing",
    "RoleGroup",
    "UnknownKey",
    "Unsigned",
    "mask_email",
    "mask_id_number",
    "mask_phone",
]
