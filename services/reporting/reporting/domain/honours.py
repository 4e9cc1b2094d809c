"""Honours: excellent CQOs, and benchmarks of an industry (R19, R52).

What an enterprise is recognised as year by year, a demonstration enterprise for instance (R18), is registry's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.errors import InvalidInput, RuleBroken
from reporting.events import HonourGiven, HonourWithdrawn


class HonourKind(StrEnum):
    """优秀首席质量官, 行业质量标杆."""

    EXCELLENT_CQO = "excellent_cqo"
    BENCHMARK = "benchmark"


class AlreadyWithdrawn(RuleBroken):
    """The honour has been withdrawn, or has ended."""

    zh = "该荣誉已经撤销或者期满。"


@dataclass(frozen=True, kw_only=True)
class HonourFacts:
    """To whom it is given, from a day until a day, both included; None is without an end.

    An excellent CQO is a person with their enterprise; a benchmark is one of an industry (GB/T 4754).
    """

    kind: HonourKind
    enterprise_id: str
    person_id: str | None = None
    industry: str | None = None
    title: str
    document: str
    valid_from: date
    valid_until: date | None = None


@dataclass
class Honour:
    """An honour as it was given, and withdrawn."""

    id: str
    division: str
    kind: HonourKind
    enterprise_id: str
    person_id: str | None
    industry: str | None
    title: str
    document: str
    valid_from: date
    valid_until: date | None
    withdrawn_on: date | None = None
    version: int = 0

    @classmethod
    def give(cls, honour_id: str, division: str, facts: HonourFacts, on: date) -> tuple[Honour, HonourGiven]:
        """A new honour."""
        _require_whom(facts)
        if facts.valid_until is not None and facts.valid_until < facts.valid_from:
            raise InvalidInput.at("/valid_until", "It lies before valid_from.", "早于 valid_from。")
        return cls(honour_id, division, **vars(facts)), HonourGiven(honour_id, division, **vars(facts), on=on)

    def withdraw(self, reason: str, document: str, on: date) -> HonourWithdrawn:
        """It holds no longer from that day on."""
        if self.withdrawn_on is not None or (self.valid_until is not None and self.valid_until < on):
            raise AlreadyWithdrawn()
        self.withdrawn_on = on
        return HonourWithdrawn(self.id, self.division, self.enterprise_id, self.person_id, reason, document, on)


def _require_whom(facts: HonourFacts) -> None:
    """Each kind names whom it honours, and nothing else."""
    wanted = {
        "person_id": facts.kind is HonourKind.EXCELLENT_CQO,
        "industry": facts.kind is HonourKind.BENCHMARK,
    }
    for name, is_wanted in wanted.items():
        if is_wanted and getattr(facts, name) is None:
            raise InvalidInput.at(f"/{name}", f"Needed for {facts.kind}.", "此类荣誉必须填写本项。")
        if not is_wanted and getattr(facts, name) is not None:
            raise InvalidInput.at(f"/{name}", f"Not given for {facts.kind}.", "此类荣誉不得填写本项。")
