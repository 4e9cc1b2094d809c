"""Enterprises: whom the programme addresses (R7, R11–R14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from chassis.errors import RuleBroken
from registry.events import EnterpriseChanged, EnterpriseDeregistered, EnterpriseRegistered

AnnouncedT = TypeVar("AnnouncedT", bound=EnterpriseRegistered)


class Deregistered(RuleBroken):
    """The enterprise has been deregistered; nothing more can be entered for it."""

    zh = "该企业已经注销，不能再为其登记任何事项。"


class DeregisteredOutOfOrder(RuleBroken):
    """The last day of an enterprise can be neither before its first nor in the future."""

    zh = "注销日期不得早于企业成立日期，也不得晚于今天。"


class MergedIntoItself(RuleBroken):
    """An enterprise can't be merged into itself."""

    zh = "企业不能并入自身。"


# 工业 by the national statistics: mining, manufacturing, and the supply of electricity, heat, gas and water.
INDUSTRIAL_SECTIONS = frozenset("BCD")


class NotIndustrial(RuleBroken):
    """Only an industrial enterprise (sections B, C and D of GB/T 4754) counts as above the size threshold."""

    zh = "“规模以上”指规模以上工业企业，仅适用于 GB/T 4754 门类 B、C、D 的企业。"
    rule = "R14"


def is_industrial(industry: str) -> bool:
    """Whether an industry code of GB/T 4754 is one of 工业."""
    return industry[:1] in INDUSTRIAL_SECTIONS


@dataclass(frozen=True, kw_only=True)
class EnterpriseFacts:
    """What is entered of an enterprise."""

    uscc: str
    name: str
    division: str
    industry: str
    above_threshold: bool
    award_contender: bool
    brand_contender: bool
    legal_representative: str
    responsible_person: str | None = None
    registered_on: date


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
    deregistered_on: date | None = None  # its last day
    successor_id: str | None = None  # into which it was merged
    version: int = 0

    @classmethod
    def register(cls, enterprise_id: str, facts: EnterpriseFacts, on: date) -> tuple[Enterprise, EnterpriseRegistered]:
        """Enters an enterprise in the register."""
        _require_industrial(facts.industry, facts.above_threshold)
        enterprise = cls(
            id=enterprise_id,
            uscc=facts.uscc,
            name=facts.name,
            division=facts.division,
            industry=facts.industry,
            above_threshold=facts.above_threshold,
            award_contender=facts.award_contender,
            brand_contender=facts.brand_contender,
            legal_representative=facts.legal_representative,
            responsible_person=facts.responsible_person,
            registered_on=facts.registered_on,
        )
        return enterprise, enterprise._announced(EnterpriseRegistered, on)

    def change(self, changes: Mapping[str, object], on: date) -> EnterpriseChanged | None:
        """Takes over what differs, by field; None if nothing does, so that the same import twice announces nothing."""
        changed = {name: value for name, value in changes.items() if getattr(self, name) != value}
        if changed.keys() & {"industry", "above_threshold"}:
            after = {**vars(self), **changed}
            _require_industrial(after["industry"], after["above_threshold"])
        for name, value in changed.items():
            setattr(self, name, value)
        return self._announced(EnterpriseChanged, on) if changed else None

    def require_standing(self) -> None:
        """Raises Deregistered if it has ended: an appointment that is entered late would have nobody to end it."""
        if self.deregistered_on is not None:
            raise Deregistered()

    def deregister(self, on: date, document: str, successor: Enterprise | None, today: date) -> EnterpriseDeregistered:
        """Ends the enterprise with the day `on`, by a document; it may have been merged into another."""
        self.require_standing()
        if not self.registered_on <= on <= today:
            raise DeregisteredOutOfOrder()
        if successor is self:
            raise MergedIntoItself()
        if successor is not None:
            successor.require_standing()
        self.deregistered_on, self.successor_id = on, successor.id if successor else None
        return EnterpriseDeregistered(self.id, self.name, self.division, self.successor_id, document, on)

    def _announced(self, kind: type[AnnouncedT], on: date) -> AnnouncedT:
        return kind(
            enterprise_id=self.id,
            uscc=self.uscc,
            name=self.name,
            division=self.division,
            industry=self.industry,
            above_threshold=self.above_threshold,
            award_contender=self.award_contender,
            brand_contender=self.brand_contender,
            legal_representative=self.legal_representative,
            responsible_person=self.responsible_person,
            on=on,
        )


def _require_industrial(industry: str, above_threshold: bool) -> None:
    if above_threshold and not is_industrial(industry):
        raise NotIndustrial(industry=industry)
