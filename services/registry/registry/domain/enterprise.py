"""Enterprises: whom the programme addresses (R7, R11–R14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from registry.events import EnterpriseChanged, EnterpriseRegistered


@dataclass
class Enterprise:
    """An industrial enterprise. Its code never changes; its division is where it is supervised today."""

    id: str
    uscc: str
    name: str
    division: str
    industry: str
    above_threshold: bool
    award_contender: bool
    brand_contender: bool
    legal_representative: str
    responsible_person: str | None
    registered_on: date
    version: int = 0

    def register(self, on: date) -> EnterpriseRegistered:
        """Enters the enterprise in the register."""
        return EnterpriseRegistered(**self._facts(on))

    def change(self, changes: dict[str, Any], on: date) -> EnterpriseChanged | None:
        """Takes over what differs; None if nothing does, so that the same import twice announces nothing."""
        changed = {name: value for name, value in changes.items() if getattr(self, name) != value}
        for name, value in changed.items():
            setattr(self, name, value)
        return EnterpriseChanged(**self._facts(on)) if changed else None

    def _facts(self, on: date) -> dict[str, Any]:
        return {
            "enterprise_id": self.id,
            "uscc": self.uscc,
            "name": self.name,
            "division": self.division,
            "industry": self.industry,
            "above_threshold": self.above_threshold,
            "award_contender": self.award_contender,
            "brand_contender": self.brand_contender,
            "legal_representative": self.legal_representative,
            "responsible_person": self.responsible_person,
            "on": on,
        }
