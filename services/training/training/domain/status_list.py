"""Whether certificates hold, two bits for each, as the Token Status List of the IETF has it.

A list has a place for PART certificates. The places of a byte are counted from its lowest bits.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from training.domain.certificate import CertificateStatus

BITS = 2
IN_A_BYTE = 8 // BITS
MASK = (1 << BITS) - 1


class Standing(IntEnum):
    """What a place says."""

    VALID = 0
    INVALID = 1  # revoked, or replaced by another certificate: it never holds again
    SUSPENDED = 2  # it may hold again
    EXPIRED = 3  # its term is over, and it may yet be renewed; the standard leaves this value to the issuer


STANDINGS = {
    CertificateStatus.VALID: Standing.VALID,
    CertificateStatus.REVOKED: Standing.INVALID,
    CertificateStatus.REPLACED: Standing.INVALID,
    CertificateStatus.SUSPENDED: Standing.SUSPENDED,
    CertificateStatus.EXPIRED: Standing.EXPIRED,
}


def empty(places: int) -> bytes:
    """A list in which every place says that its certificate holds."""
    return bytes(places // IN_A_BYTE)


def changed(bits: bytes, standings: Iterable[tuple[int, Standing]]) -> bytes:
    """The list with these places as given."""
    changing = bytearray(bits)
    for place, standing in standings:
        byte, shift = place // IN_A_BYTE, place % IN_A_BYTE * BITS
        changing[byte] = changing[byte] & ~(MASK << shift) | standing << shift
    return bytes(changing)
