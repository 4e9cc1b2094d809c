"""Posts: that one has stood vacant past the grace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from notifications.domain.recipients import Mentions


@dataclass(frozen=True, kw_only=True)
class PostVacancyOverdue:
    post_id: str
    enterprise_id: str
    title: str
    vacant_since: date
    grace_days: int
    on: date

    @property
    def mentions(self) -> Mentions:
        return Mentions(enterprise_id=self.enterprise_id)
