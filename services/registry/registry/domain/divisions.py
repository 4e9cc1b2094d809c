"""The province's divisions: a tree that changes with the days, and roll-ups that follow it instead of code prefixes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from registry.domain.bilingual import Violation
from registry.events import DivisionPlaced


@dataclass(frozen=True)
class Placement:
    """Where a division stands in the tree from one day to another."""

    code: str
    name: str
    level: str
    parent: str | None
    valid_from: date
    valid_to: date | None = None
    successor: str | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the division stands there on `day`; the last day counts."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass
class Division:
    """A division with its version; each of its placements is announced once."""

    id: str  # the code
    version: int = 0

    @property
    def division(self) -> str:
        """Itself: its staff may see what is announced of it."""
        return self.id

    def place(
        self, placement: Placement, known: Placement | None, document: str | None = None
    ) -> DivisionPlaced | None:
        """States where the division stands from a day on; None if that is what was `known` of that day."""
        if placement == known:
            return None
        return DivisionPlaced(
            code=placement.code,
            name=placement.name,
            level=placement.level,
            parent=placement.parent,
            valid_from=placement.valid_from,
            valid_to=placement.valid_to,
            successor=placement.successor,
            document=document,
        )


def place_violation(placements: list[Placement], code: str, day: date) -> Violation | None:
    """Why nothing can lie in the division `code` on `day`, or None; `placements` are all those of that code."""
    if not placements:
        return Violation(f"区划代码 {code} 不存在。", f"There is no division {code}.")
    current = next((placement for placement in placements if placement.holds_on(day)), None)
    if current is None:
        last = max(placements, key=lambda placement: placement.valid_from)
        to = f"已由 {last.successor} 取代" if last.successor else "已撤销"
        into = f"it became {last.successor}" if last.successor else "it was dissolved"
        return Violation(
            f"区划代码 {code} 在 {day} 无效（{to}，至 {last.valid_to}）。",
            f"Division {code} does not exist on {day}: {into} ({last.valid_to} was its last day).",
        )
    if current.level != "county":
        return Violation(f"{code} 不是县级区划。", f"Division {code} is a {current.level}; a county is needed.")
    return None
