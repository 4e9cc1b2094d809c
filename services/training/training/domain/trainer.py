"""The pool of trainers, kept by the training centre (R6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.errors import RuleBroken
from training.domain.changes import take_over

PROVINCE = "220000"


class LeavesBeforeEntering(RuleBroken):
    """The last day in the pool is before the first."""

    zh = "离开师资队伍的日期早于进入的日期。"
    rule = "R6"


class TrainerStatus(StrEnum):
    """Whether somebody of the pool may teach at present."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass
class Trainer:
    """A member of the pool of trainers, from a day until a day. How to reach them is not kept here."""

    id: str
    name: str
    employer: str
    title: str | None
    blocks: Sequence[str]  # the subject blocks that they teach
    valid_from: date
    document: str  # by which they entered the pool, or by which their entry was changed last
    valid_until: date | None = None
    status: TrainerStatus = TrainerStatus.ACTIVE
    division: str = PROVINCE
    version: int = 0

    def require_days(self) -> None:
        """Refuses a last day before the first."""
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise LeavesBeforeEntering()

    def may_teach(self, block: str, days: Collection[date]) -> bool:
        """Whether they are in the pool on each of these days, for that subject block."""
        is_there = all(self.valid_from <= day and (self.valid_until is None or day <= self.valid_until) for day in days)
        return is_there and self.status == TrainerStatus.ACTIVE and block in self.blocks

    def change(self, changes: Mapping[str, object]) -> bool:
        """Takes over what differs, by field; whether anything does."""
        changed = take_over(self, changes)
        self.require_days()
        return changed
