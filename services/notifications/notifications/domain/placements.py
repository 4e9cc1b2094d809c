"""Where divisions lie and what they are called, by their dated placements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

MAX_SUCCESSIONS = 5


class Placement(NamedTuple):
    """A division's name, level and superior division from one day to another; both are days on which it holds."""

    code: str
    name: str
    level: str
    parent: str | None
    valid_from: date
    valid_to: date | None
    successor: str | None


Placements = Mapping[str, Sequence[Placement]]  # by code, each division's in the order of their days


def _in_force(placements: Iterable[Placement], on: date) -> Placement | None:
    return next((each for each in placements if each.valid_from <= on and (each.valid_to or on) >= on), None)


def present_code(divisions: Placements, code: str, on: date) -> str:
    """The code in force on that day for a division that may have been merged or renumbered since it was entered."""
    for _ in range(MAX_SUCCESSIONS):
        placements = divisions.get(code, ())
        if not placements or _in_force(placements, on) or placements[-1].successor is None:
            return code
        code = placements[-1].successor
    return code


def province(divisions: Placements, on: date) -> str | None:
    """The code of the province: the division that lies in no other. None before the tree has been announced."""
    in_force = (_in_force(placements, on) for placements in divisions.values())
    return next((each.code for each in in_force if each is not None and each.parent is None), None)


def prefecture_of(divisions: Placements, code: str, on: date) -> str | None:
    """The prefecture in which a division lies on that day, which may be itself; None if it lies in none."""
    placement = _in_force(divisions.get(code, ()), on)
    while placement is not None and placement.level != "prefecture":
        placement = _in_force(divisions.get(placement.parent or "", ()), on)
    return placement.code if placement is not None else None


def division_name(divisions: Placements, code: str, on: date) -> str:
    """A division's name as an address says it: the county's behind its prefecture's, 长春市南关区."""
    placement = _in_force(divisions.get(code, ()), on)
    if placement is None:
        # The tree is announced by registry once, at its first start; a notice does not wait for it.
        return code
    upper = _in_force(divisions.get(placement.parent or "", ()), on)
    if placement.level == "county" and upper is not None and upper.level == "prefecture":
        return f"{upper.name}{placement.name}"
    return placement.name
