"""The parameters of a rule set that this service decides by (docs/decisions/0008)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rules:
    """A rule set in force; `version` is stored with each decision."""

    version: int
    certificate_months: int
    initial_hours: float
    pass_mark: float
    resits: int
    attendance_percent: float
    continuing_hours: float
    expiry_notice_days: tuple[int, ...]
    renewal_before_days: int
    renewal_after_days: int

    @classmethod
    def of(cls, version: int, parameters: dict[str, Any]) -> Rules:
        """From a stored rule set."""
        days = tuple(parameters["expiry_notice_days"])
        return cls(version=version, **{**parameters, "expiry_notice_days": days})
