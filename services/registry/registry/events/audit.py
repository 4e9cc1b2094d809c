"""What is announced of the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class AuditSealed:
    """The chain of this service's audit log has come to the entry `seal`: a signed checkpoint of it."""

    type: ClassVar[str] = "registry_audit.sealed.v1"
    seal: int
    hash: str
    signed: str
