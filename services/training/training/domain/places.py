"""The places of a class: how many there are, and what is kept for whom (R61)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chassis.errors import RuleBroken


class ClassIsFull(RuleBroken):
    """The class has no place left."""

    zh = "该培训班名额已满。"
    rule = "R61"


class QuotaIsFull(RuleBroken):
    """The places that the class keeps for this division are all taken."""

    zh = "该地区在本期培训班的名额已用完。"
    rule = "R61"


class PlacesAreKept(RuleBroken):
    """The places that are left are kept for divisions with a quota; what they don't use is free after that day."""

    zh = "剩余名额均为有分配名额的地区保留，保留期满后仍未使用的名额方可使用。"
    rule = "R61"


class QuotasBeyondCapacity(RuleBroken):
    """The quotas keep more places than there are."""

    zh = "各地区分配名额之和超过可用名额。"
    rule = "R61"


class AlreadyNominated(RuleBroken):
    """This person has already been nominated for the class."""

    zh = "该人员已被推荐参加本期培训班。"
    rule = "R61"


@dataclass
class Places:
    """The places of a class: how many in all and by quota, and who has taken one.

    A division with a quota fills at most that many, and they are kept for it; all others share what is left.
    A county's quota is part of its prefecture's, if both have one. `quotas` is empty once they are no longer kept.
    """

    capacity: int
    quotas: Mapping[str, int]
    within: Mapping[str, frozenset[str]]  # for each division with a quota, the codes that lie in it that day
    taken: dict[str, str]  # the division of each person enrolled
    waiting: set[str] = field(default_factory=set)  # the people on the waiting list

    def take(self, person_id: str, division: str) -> None:
        """Gives the person a place, or says why there is none."""
        if person_id in self.taken or person_id in self.waiting:
            raise AlreadyNominated()
        if len(self.taken) >= self.capacity:
            raise ClassIsFull(capacity=self.capacity)
        others = self._outermost(code for code in self.quotas if division not in self.within[code])
        for code, places in self.quotas.items():
            if division in self.within[code] and self._taken_in(code) + self._kept(others, code) >= places:
                raise QuotaIsFull(division=code, places=places)
        kept = self._kept(others)
        if len(self.taken) + kept >= self.capacity:
            raise PlacesAreKept(kept=kept)
        self.taken[person_id] = division

    def require_enough(self) -> None:
        """Refuses quotas that keep more places than there are, in the class or in a quota that others are part of."""
        kept = self._kept(self._outermost(self.quotas))
        if kept > self.capacity:
            raise QuotasBeyondCapacity(capacity=self.capacity, kept=kept)
        for code, places in self.quotas.items():
            parts = self._outermost(part for part in self.quotas if self.within[part] < self.within[code])
            if self._kept(parts) > places:
                raise QuotasBeyondCapacity(division=code, capacity=places, kept=self._kept(parts))

    def _outermost(self, codes: Iterable[str]) -> set[str]:
        """Those of the codes that lie in no other of them."""
        among = set(codes)
        return {code for code in among if not any(self.within[code] < self.within[other] for other in among)}

    def _kept(self, codes: Iterable[str], of: str | None = None) -> int:
        """How many places are still kept for these divisions, if they lie in `of`."""
        inside = (code for code in codes if of is None or self.within[code] <= self.within[of])
        return sum(max(self.quotas[code] - self._taken_in(code), 0) for code in inside)

    def _taken_in(self, code: str) -> int:
        return sum(division in self.within[code] for division in self.taken.values())
