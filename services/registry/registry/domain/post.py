"""Posts (R22): the place of a CQO in an enterprise, separate from who holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from registry.events import PostOpened

# R27: what a CQO directs.
DEPARTMENTS = ("质量管理", "质量检验", "质量安全")


@dataclass
class Post:
    """A CQO's post in an enterprise; it is vacant or held."""

    id: str
    enterprise_id: str
    division: str
    title: str
    decision_level: bool
    opened_on: date
    departments: list[str] = field(default_factory=lambda: list(DEPARTMENTS))
    version: int = 0

    def open(self) -> PostOpened:
        """Opens the post."""
        return PostOpened(
            post_id=self.id,
            enterprise_id=self.enterprise_id,
            title=self.title,
            decision_level=self.decision_level,
            departments=list(self.departments),
            on=self.opened_on,
        )
