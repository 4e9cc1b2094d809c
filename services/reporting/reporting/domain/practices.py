"""The library of good practice: what others can learn from an enterprise (R53)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chassis.errors import RuleBroken
from reporting.events import PracticePublished, PracticeWithdrawn


class PracticeGone(RuleBroken):
    """The practice has been withdrawn already."""

    zh = "该经验做法已经撤下。"


@dataclass(frozen=True, kw_only=True)
class PracticeFacts:
    """What is published: of an enterprise and its industry (GB/T 4754), in paragraphs."""

    enterprise_id: str
    industry: str
    title: str
    paragraphs: list[str]


@dataclass
class Practice:
    """A good practice in the library."""

    id: str
    division: str
    enterprise_id: str
    industry: str
    title: str
    paragraphs: list[str]
    published_on: date
    withdrawn_on: date | None = None
    version: int = 0

    @classmethod
    def publish(
        cls, practice_id: str, division: str, facts: PracticeFacts, on: date
    ) -> tuple[Practice, PracticePublished]:
        """A new practice."""
        practice = cls(practice_id, division, **vars(facts), published_on=on)
        return practice, PracticePublished(practice_id, division, facts.enterprise_id, facts.industry, facts.title, on)

    def withdraw(self, reason: str, on: date) -> PracticeWithdrawn:
        """It is shown no longer."""
        if self.withdrawn_on is not None:
            raise PracticeGone()
        self.withdrawn_on = on
        return PracticeWithdrawn(self.id, self.division, reason, on)
