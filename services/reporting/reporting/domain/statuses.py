"""The statuses that figures count by; the same words stand in the tables and in the answers."""

from __future__ import annotations

from enum import StrEnum


class AppointmentStatus(StrEnum):
    """Of an appointment."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


class CertificateStatus(StrEnum):
    """Of a certificate."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLACED = "replaced"  # by another of the same holder


class TalentStatus(StrEnum):
    """Of a person whom the talent pool has held."""

    IN_POOL = "in_pool"
    LAPSED = "lapsed"


class DeliveryState(StrEnum):
    """How a delivery of a notice has ended."""

    SENT = "sent"
    FAILED = "failed"
