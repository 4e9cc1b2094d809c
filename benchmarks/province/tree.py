"""The divisions that registry ships, and how enterprises are spread over them: a third in the capital's prefecture."""

from __future__ import annotations

import random
from datetime import date
from itertools import accumulate

from registry.domain.divisions import Placement
from registry.usecases.divisions import shipped

PROVINCE = "220000"
# Roughly the shares of the province's industrial enterprises.
SHARES = {
    "220100": 34,
    "220200": 16,
    "220300": 9,
    "220400": 5,
    "220500": 9,
    "220600": 6,
    "220700": 8,
    "220800": 6,
    "222400": 9,
    "JL-CBS": 1,
    "220581": 3,
}


class Tree:
    """The tree as it stood on each day."""

    def __init__(self) -> None:
        self.placements = shipped()
        self.successor = {each.code: (each.valid_to, each.successor) for each in self.placements if each.successor}
        counties = [each for each in self.placements if each.level == "county"]
        weights = [self._weight(each, counties) for each in counties]
        self.counties, self.weights = counties, list(accumulate(weights))
        self.names = {each.code: each.name for each in self.placements}
        self._prefectures: dict[tuple[str, date], str | None] = {}

    def _weight(self, county: Placement, counties: list[Placement]) -> float:
        above = county.code if county.parent == PROVINCE else county.parent or PROVINCE
        beside = sum(each.parent == county.parent for each in counties)
        return SHARES.get(above, 1) / (1 if above == county.code else beside)

    def county(self, rng: random.Random, on: date) -> str:
        """A county of that day."""
        while True:
            found = rng.choices(self.counties, cum_weights=self.weights)[0]
            if found.valid_from <= on and (found.valid_to is None or found.valid_to >= on):
                return found.code

    def present(self, code: str, on: date) -> str:
        """The code that stands on that day for one that was entered before."""
        end, successor = self.successor.get(code, (None, None))
        return successor if successor is not None and end is not None and on > end else code

    def prefecture(self, code: str, on: date) -> str | None:
        """The prefecture in which a division lies on a day, which may be itself; None if it lies in none."""
        if (code, on) not in self._prefectures:
            placed = self._placed(code, on)
            while placed is not None and placed.level != "prefecture":
                placed = self._placed(placed.parent, on)
            self._prefectures[code, on] = placed.code if placed is not None else None
        return self._prefectures[code, on]

    def _placed(self, code: str | None, on: date) -> Placement | None:
        found = (each for each in self.placements if each.code == code)
        return next((each for each in found if each.valid_from <= on <= (each.valid_to or on)), None)

    def unit(self, code: str, on: date) -> str:
        """The reporting unit in which a county lies on a day: its prefecture, or itself below the province."""
        code = self.present(code, on)
        for each in self.placements:
            if each.code == code and each.valid_from <= on and (each.valid_to is None or each.valid_to >= on):
                return code if each.parent in (None, PROVINCE) else str(each.parent)
        return code
