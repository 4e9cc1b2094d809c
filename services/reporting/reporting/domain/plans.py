"""Roll-out plans: what a locality does in a year to come to its targets (R50)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from chassis.errors import InvalidInput, RuleBroken
from reporting.events import PlanSet


class PlanThere(RuleBroken):
    """The division has a plan for that year already; revise it instead."""

    zh = "该地区该年度的推进计划已经制定，请修订原计划。"
    rule = "R50"


@dataclass(frozen=True)
class Measure:
    """A step of a plan: due by a day, and done on one; None is not yet."""

    name: str
    due_on: date
    done_on: date | None = None

    def is_overdue(self, on: date) -> bool:
        """Whether it should have been done before that day, and was not."""
        return self.done_on is None and self.due_on < on


@dataclass
class RolloutPlan:
    """A division's plan for a year, on a document."""

    id: str
    division: str
    year: int
    document: str
    measures: list[Measure] = field(default_factory=list)
    version: int = 0

    def set(self, document: str, measures: Sequence[Measure], today: date) -> PlanSet:
        """States the plan, and how far it has come."""
        for place, measure in enumerate(measures):
            if measure.due_on.year != self.year:
                raise InvalidInput.at(
                    f"/measures/{place}/due_on", "It lies in another year than the plan.", "不在计划年度内。"
                )
            if measure.done_on is not None and measure.done_on > today:
                raise InvalidInput.at(
                    f"/measures/{place}/done_on", "This day lies in the future.", "完成日期晚于今天。"
                )
        self.document, self.measures = document, list(measures)
        done = sum(measure.done_on is not None for measure in measures)
        return PlanSet(self.id, self.division, self.year, document, len(measures), done, today)
